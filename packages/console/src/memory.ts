// What a browser remembers of its user's taste; of what the console shows, nothing is kept.

type Taste = 'language' | 'theme'

export function recall(name: Taste): string | undefined {
  try {
    return localStorage.getItem(`kaimen-console-${name}`) ?? undefined
  } catch {
    // A browser may forbid storage; then the taste is asked of the system each time.
    return undefined
  }
}

export function remember(name: Taste, value: string): void {
  try {
    localStorage.setItem(`kaimen-console-${name}`, value)
  } catch {
    // As above.
  }
}
