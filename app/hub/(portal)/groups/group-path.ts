export function groupPath(group: string): string {
  return `/hub/groups/${encodeURIComponent(group)}`;
}
