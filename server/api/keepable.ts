import { HubError } from "#server/errors.ts";

/**
 * Refuses an input with a text that PostgreSQL can't keep: U+0000 is in none of its texts (its manual, 8.3 and 8.14), half a surrogate
 * pair is no UTF-8. Looked at before any verb, so that no column and no log has to.
 * @throws HubError `invalid`, with the field.
 */
export function refuseUnkeepable(input: unknown): void {
  // A stack of its own: how deep an input goes is its sender's choice.
  const open: { readonly field: string; readonly value: unknown }[] = [{ field: "", value: input }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { field, value } = next;
    if (typeof value === "string" && !isKeepable(value)) throw refusal(field);
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (!isKeepable(key)) throw refusal(field);
      open.push({ field: field === "" ? key : `${field}.${key}`, value: inner });
    }
  }
}

function isKeepable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

function refusal(field: string): HubError {
  return new HubError("invalid", "This text holds a character that can't be kept. Write it again without it.", {
    detail: { field },
  });
}
