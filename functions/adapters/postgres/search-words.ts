/** What one letter of Uzbek is written with: left out, as in `product_words` (db/shared/reading.sql). */
const apostrophes = /['`‘’ʻʼ]/g;

/** More would only make the query slower, not narrower. */
const mostWords = 12;

/** Nearly every title has a word that begins with a given letter: to find all of those would take longer than a request may. */
const shortestBeginning = 3;

/**
 * Words as a `tsquery` that asks for titles with all of them: each as the beginning of a word, those of one or two letters as a
 * whole word.
 */
export function wordsQuery(words: string): string {
  return (words.replaceAll(apostrophes, '').match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])
    .slice(0, mostWords)
    .map((word) => ([...word].length < shortestBeginning ? `'${word}'` : `'${word}':*`))
    .join(' & ');
}
