export type Language = 'zh-CN' | 'en'

/** Chinese on a page that says it is, or that says nothing in a Chinese browser; else English. */
export function pageLanguage(): Language {
  const named = typeof document === 'object' ? document.documentElement.lang : ''
  return /^zh\b/i.test(named || navigator.language) ? 'zh-CN' : 'en'
}
