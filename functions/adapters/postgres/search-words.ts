/** What one letter of Uzbek is written with: left out, as in `product_words` (db/shared/reading.sql). */
const apostrophes = /['`‘’ʻʼ]/g;

/** More would only make the query slower, not narrower. */
const mostWords = 12;

/** Words as a `tsquery` that asks for titles with all of them, each as the beginning of a word. */
export function wordsQuery(words: string): string {
  return (words.replaceAll(apostrophes, '').match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])
    .slice(0, mostWords)
    .map((word) => `'${word}':*`)
    .join(' & ');
}
