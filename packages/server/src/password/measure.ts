/** What lies side by side on a keyboard: rows, shifted digits, slanting columns. */
const keyboard = [
  '1234567890-=',
  '!@#$%^&*()_+',
  'qwertyuiop[]',
  "asdfghjkl;'",
  'zxcvbnm,./',
  '1qaz',
  '2wsx',
  '3edc',
  '4rfv',
  '5tgb',
  '6yhn',
  '7ujm',
  '8ik,',
  '9ol.',
  '0p;/',
].flatMap((line) => [line, Array.from(line).toReversed().join('')])

/** A run of so many characters is guessed as one. */
const minRun = 3

/**
 * How many characters of a text are chosen rather than continued: a run along the alphabet, the
 * digits or the keyboard, or of one character, counts as one; `1q2w3e4r` is two runs that take
 * turns.
 */
export function countChosen(text: string): number {
  const characters = Array.from(text)
  const turns = [0, 1].map((odd) => characters.filter((_, index) => index % 2 === odd))
  return Math.min(
    countRuns(characters),
    turns.reduce((sum, turn) => sum + countRuns(turn), 0),
  )
}

function countRuns(characters: readonly string[]): number {
  let chosen = 0
  let run = 0
  let steps: string[] = []
  for (const [index, character] of characters.entries()) {
    const before = characters[index - 1]
    const possible = before === undefined ? [] : stepsBetween(before, character)
    const same = run === 1 ? possible : steps.filter((step) => possible.includes(step))
    if (run > 0 && same.length > 0) {
      run += 1
      steps = same
    } else if (run === 2 && possible.length > 0) {
      // The second character of the pair may begin a run of its own, as the second a of aabc.
      chosen += 1
      steps = possible
    } else {
      chosen += run >= minRun ? 1 : run
      run = 1
      steps = []
    }
  }
  return chosen + (run >= minRun ? 1 : run)
}

function stepsBetween(before: string, after: string): string[] {
  const difference = (after.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0)
  const pair = before + after
  return [
    ...(Math.abs(difference) <= 1 ? [String(difference)] : []),
    ...keyboard.filter((line) => line.includes(pair)),
  ]
}

/**
 * What a text repeats from beginning to end, with at most two characters between: `abcabcab` is
 * `abc`, `secret, secret` is `secret, `. Itself where it repeats nothing.
 */
export function findRepeated(text: string): string {
  const characters = Array.from(text)
  for (let period = 1; period * 2 <= characters.length + 2; period++) {
    const repeats = characters
      .slice(period)
      .every((character, index) => character === characters[index])
    if (repeats && period < characters.length) return characters.slice(0, period).join('')
  }
  return text
}
