/** A round number at or above the largest value, so that the axis reads 5, 20 or 100 and not 17.3. */
export function roundTop(largest: number): number {
  if (largest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= largest) ?? 10;
  return step * power;
}

/** A bucket's beginning in the words of its length: an hour, a day, a week. In UTC, as the hub cuts them. */
export function bucketLabel(at: Date, bucketSeconds: number): string {
  const day = at.toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" });
  if (bucketSeconds < 86_400)
    return `${day}, ${at.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "UTC" })}`;
  return bucketSeconds >= 7 * 86_400 ? `Week of ${day}` : day;
}

export function hoursText(hours: number): string {
  return new Intl.NumberFormat("en", { maximumFractionDigits: hours < 1 ? 3 : hours < 10 ? 1 : 0 }).format(hours);
}
