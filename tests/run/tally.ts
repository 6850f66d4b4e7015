/** What a runner says of one file of tests; what happened outside all files has the name "". */
export type FileTally = {
  readonly file: string;
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
};

export type Failure = { readonly title: string; readonly message: string };

export type Tally = readonly FileTally[];

export function outsideTests(title: string, message = ""): FileTally {
  return { file: "", passed: 0, skipped: 0, failures: [{ title, message }] };
}

export function count(tally: Tally): { passed: number; failed: number; skipped: number } {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, skipped, failures } of tally) {
    sum.passed += passed;
    sum.failed += failures.length;
    sum.skipped += skipped;
  }
  return sum;
}

/** `strict`: a test that was skipped proved nothing, so it counts as failed. */
export function settle(tally: Tally, exitCode: number, strict: boolean): Tally {
  const settled = strict ? tally.map(skipsAsFailures) : tally;
  if (exitCode === 0 || count(settled).failed > 0) return settled;
  // A runner that ends badly without a failed test has crashed, or found an error outside any test.
  return [...settled, outsideTests(`the runner ended with ${exitCode}: see its output above`)];
}

function skipsAsFailures(found: FileTally): FileTally {
  const skips = Array.from({ length: found.skipped }, () => ({ title: "a skipped test", message: "" }));
  return { ...found, skipped: 0, failures: [...found.failures, ...skips] };
}

export type VitestReport = {
  readonly testResults?: readonly {
    readonly name: string;
    readonly status?: string;
    readonly message?: string;
    readonly assertionResults?: readonly {
      readonly status?: string;
      readonly fullName?: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
};

/** A file that failed outside its tests (it couldn't be loaded, its hook failed) counts as one failure more. */
export function tallyVitest({ testResults = [] }: VitestReport): Tally {
  return testResults.map(({ name, status, message = "", assertionResults = [] }): FileTally => {
    const failures = assertionResults
      .filter((test) => test.status === "failed")
      .map(({ fullName = "", failureMessages }) => ({ title: fullName, message: (failureMessages ?? []).join("\n") }));
    const broken = status === "failed" && failures.length === 0;
    const passed = assertionResults.filter((test) => test.status === "passed").length;
    return {
      file: name,
      passed,
      skipped: assertionResults.length - passed - failures.length,
      failures: broken ? [{ title: "outside its tests", message }] : failures,
    };
  });
}

type PlaywrightError = { readonly message?: string };
type PlaywrightTest = { readonly status?: string; readonly results?: readonly { readonly error?: PlaywrightError }[] };
type PlaywrightSuite = {
  readonly specs?: readonly { readonly title: string; readonly tests?: readonly PlaywrightTest[] }[];
  readonly suites?: readonly PlaywrightSuite[];
};
export type PlaywrightReport = {
  readonly config?: { readonly rootDir?: string };
  readonly suites?: readonly (PlaywrightSuite & { readonly file: string })[];
  readonly errors?: readonly PlaywrightError[];
};

function testsOf({ specs = [], suites = [] }: PlaywrightSuite): readonly (PlaywrightTest & { title: string })[] {
  const own = specs.flatMap(({ title, tests = [] }) => tests.map((test) => ({ ...test, title })));
  return [...own, ...suites.flatMap(testsOf)];
}

export function tallyPlaywright({ config, suites = [], errors = [] }: PlaywrightReport): Tally {
  const files = suites.map((suite): FileTally => {
    const tests = testsOf(suite);
    const passed = tests.filter(({ status }) => status === "expected").length;
    const failures = tests
      .filter(({ status }) => status !== "expected" && status !== "skipped")
      .map(({ title, results = [] }) => ({
        title,
        message: results.flatMap(({ error }) => error?.message ?? []).join("\n"),
      }));
    const file = `${config?.rootDir ?? "."}/${suite.file}`;
    return { file, passed, skipped: tests.length - passed - failures.length, failures };
  });
  return [...files, ...errors.map(({ message }) => outsideTests("an error outside any test", message))];
}
