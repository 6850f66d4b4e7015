/** Letters that Unicode doesn't take apart into a base letter and a mark, as text-unidecode writes them. */
const letters: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  ı: "i",
  ħ: "h",
};

/**
 * python-slugify's answer for names in Latin script, which KubeSpawner makes a profile's slug with. Other scripts give no
 * slug (python-slugify guesses a transliteration), and the admin is asked for one.
 */
export function slugify(text: string): string {
  const plain = text
    .replaceAll(/'+/g, "-")
    .toLowerCase()
    .replaceAll(/[ßæœøđðþłıħ]/g, (letter) => letters[letter] ?? letter)
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    // Typographic quotes and dashes become their ASCII neighbours first, and quotes then go without a trace.
    .replaceAll(/[‘’]/g, "")
    .replaceAll(/(?<=\d),(?=\d)/g, "");
  return plain.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "");
}
