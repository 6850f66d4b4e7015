export type Tally = { passed: number; failed: number; skipped: number };

/** `strict`: a test that was skipped proved nothing, so it counts as failed. */
export function settle(tally: Tally, exitCode: number, strict: boolean): Tally {
  const failed = tally.failed + (strict ? tally.skipped : 0);
  // A runner that ends badly without a failed test has crashed, or found an error outside any test.
  return { ...tally, failed: exitCode !== 0 && failed === 0 ? 1 : failed };
}

type VitestReport = {
  numPassedTests?: number;
  numFailedTests?: number;
  numPendingTests?: number;
  numTodoTests?: number;
  testResults?: { status?: string; assertionResults?: unknown[] }[];
};

/** A file that failed before its first test counts as one failure: its tests never ran. */
export function tallyVitest(report: VitestReport): Tally {
  const brokenFiles = (report.testResults ?? []).filter(
    ({ status, assertionResults }) => status === "failed" && (assertionResults ?? []).length === 0,
  );
  return {
    passed: report.numPassedTests ?? 0,
    failed: (report.numFailedTests ?? 0) + brokenFiles.length,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
}

type PlaywrightReport = {
  stats?: { expected?: number; unexpected?: number; flaky?: number; skipped?: number };
  errors?: unknown[];
};

/** A flaky test failed once: somebody's browser will do the same. */
export function tallyPlaywright({ stats = {}, errors = [] }: PlaywrightReport): Tally {
  return {
    passed: stats.expected ?? 0,
    failed: (stats.unexpected ?? 0) + (stats.flaky ?? 0) + errors.length,
    skipped: stats.skipped ?? 0,
  };
}
