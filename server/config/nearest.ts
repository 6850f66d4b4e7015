/** The known key that was probably meant, or null when none is near. `log_out` finds `logOut`, `memroy` finds `memory`. */
export function nearestKey(typed: string, known: readonly string[]): string | null {
  const wanted = plain(typed);
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  const ranked = known
    .map((key) => ({ key, distance: distance(wanted, plain(key)) }))
    .filter((candidate) => candidate.distance <= allowed)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.key ?? null;
}

function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[_-]/g, "");
}

/** Edits (insert, remove, replace, swap neighbours) from one text to the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const candidates = [at(rows, i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(rows, i - 1, j - 1) + same];
      if (swapped) candidates.push(at(rows, i - 2, j - 2) + 1);
      row.push(Math.min(...candidates));
    }
    rows.push(row);
  }
  return at(rows, a.length, b.length);
}

function at(rows: readonly (readonly number[])[], i: number, j: number): number {
  return rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
}
