/**
 * As object spread, which is newer than ES2015: what would stand in for it in the bundle costs 200
 * bytes.
 */
export function merge<A extends object, B extends object>(first: A, second: B): A & B {
  return Object.assign({}, first, second)
}
