import { describe, expect, test } from "vitest";
import { listQuery, listStateOf } from "./list-state.ts";

const sorts = ["name", "-name"] as const;

describe("a table's address", () => {
  test("says what it shows, and nothing that is usual", () => {
    const defaults = { search: "", sort: "name", page: 1 };
    expect(listQuery({ search: "a b", sort: "-name", page: 3 }, defaults)).toBe("?search=a+b&sort=-name&page=3");
    expect(listQuery(defaults, defaults)).toBe("");
  });

  test("that makes no sense shows the first page", () => {
    expect(listStateOf({ sort: "password", page: "-3", search: ["a", "b"] }, sorts)).toEqual({
      search: "",
      sort: "name",
      page: 1,
    });
    expect(listStateOf({ sort: "-name", page: "2", search: "x" }, sorts)).toEqual({
      search: "x",
      sort: "-name",
      page: 2,
    });
    expect(listStateOf({ page: "1e99" }, sorts).page).toBe(1);
  });
});
