export const userSorts = ["name", "-name", "lastActivity", "-lastActivity", "created", "-created"] as const;
export type UserSort = (typeof userSorts)[number];
export const userPageSize = 25;
