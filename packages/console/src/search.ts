export type Search = { readonly by: 'id' | 'phone' | 'openid' | 'nickname'; readonly value: string }

/**
 * What somebody who typed this looks for. A mainland number may be without its `+86`; blanks and
 * hyphens in a number are those of people.
 */
export function readSearch(typed: string): Search | undefined {
  const text = typed.trim()
  if (text === '') return undefined
  if (/^usr_\w+$/.test(text)) return { by: 'id', value: text }
  const number = text.replace(/[\s()-]/g, '')
  if (/^\+\d{6,15}$/.test(number)) return { by: 'phone', value: number }
  if (/^(86)?1[3-9]\d{9}$/.test(number)) return { by: 'phone', value: `+86${number.slice(-11)}` }
  // 28 characters, the first an o: so all that were ever seen.
  if (/^o[\w-]{27}$/.test(text)) return { by: 'openid', value: text }
  return { by: 'nickname', value: text.slice(0, 32) }
}
