import { hash, verify } from "@node-rs/argon2";

/** OWASP's first choice for argon2id (19 MiB, 2 passes, 1 lane): about 20 ms here, and 40 logins at once fit a small hub. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export async function hashPassword(password: string): Promise<string> {
  return await hash(password.normalize("NFKC"), cost);
}

let nobodysHash: Promise<string> | undefined;

/**
 * Whether this is the password. Without a stored hash (no such user, or one who only comes through a provider) the same
 * work is done for nothing, so that the time says nothing about who exists.
 */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  nobodysHash ??= hashPassword("nobody has this password");
  const matches = await verify(stored ?? (await nobodysHash), password.normalize("NFKC")).catch(() => false);
  return stored !== null && matches;
}

/** Made ready before the first login, so that this one doesn't take twice as long for a user who isn't there. */
export async function prepareVerification(): Promise<void> {
  nobodysHash ??= hashPassword("nobody has this password");
  await nobodysHash;
}

const minimalLength = 8;
const maximalLength = 256;
const wellKnown = new Set(["password", "passwort", "12345678", "123456789", "1234567890", "qwertyuiop", "iloveyou"]);

/** What is wrong with a new password, as a sentence, or `null`. Length over recipes: NIST SP 800-63B §3.1.1. */
export function passwordProblem(password: string, userName: string): string | null {
  const text = password.normalize("NFKC");
  if ([...text].length < minimalLength) return `A password needs at least ${minimalLength} characters.`;
  if (text.length > maximalLength) return `A password can have at most ${maximalLength} characters.`;
  const lower = text.toLowerCase();
  if (lower === userName.toLowerCase()) return "A password can't be the user's own name.";
  if (wellKnown.has(lower) || new Set(lower).size < 3) return "This password is among the first that anybody tries.";
  return null;
}
