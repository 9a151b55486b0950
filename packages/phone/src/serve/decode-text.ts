/** What was percent-encoded; undefined where it is not. */
export function decodeText(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
