/** Ranks below this are common enough that two of them joined are common too. */
const mostCommon = 3000

type CommonPasswords = {
  has(text: string): boolean
  /** Whether it is among the 3000 most common. */
  hasAtTop(text: string): boolean
}

let loading: Promise<CommonPasswords> | undefined

/**
 * The 49,233 most common of leaked passwords, in lower case, read once when first asked for: 40 ms,
 * and 5 MB that stay.
 */
export function loadCommonPasswords(): Promise<CommonPasswords> {
  return (loading ??= load())
}

async function load(): Promise<CommonPasswords> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const ranked = dictionary['passwords-common']
  const all = new Set(ranked)
  const top = new Set(ranked.slice(0, mostCommon))
  return { has: (text) => all.has(text), hasAtTop: (text) => top.has(text) }
}
