/** What happened, and what to do next; the words of `/failed`. */
const failures: Readonly<Record<string, { readonly en: string; readonly 'zh-CN': string }>> = {
  state_mismatch: {
    en: 'This sign-in was not begun in this browser, or too long ago. Nobody was signed in. Begin again here.',
    'zh-CN': '这次登录不是在本浏览器发起的，或已过期。没有任何人被登录。请在这里重新登录。',
  },
  access_denied: {
    en: 'You refused in WeChat. To sign in, begin again and allow it.',
    'zh-CN': '你在微信中拒绝了授权。如需登录，请重新开始并点“同意”。',
  },
  snapshot_user: {
    en: 'WeChat shows a preview of this page, in which nobody can sign in. Choose "use the full service" at the bottom, then begin again.',
    'zh-CN': '当前是微信的网页快照，不能登录。请点底部“使用完整服务”，然后重新登录。',
  },
}

const unknown = {
  en: 'The sign-in failed on our side or at WeChat. Begin again; if it keeps failing, tell us.',
  'zh-CN': '登录失败，原因在本站或微信。请重新登录；如果一直失败，请告诉我们。',
}

/** Explains the `error` that a browser was sent to `/failed` with, in the browser's language. */
export function explainFailure(error: string | null, acceptLanguage: string | null): string {
  const words = (error !== null && Object.hasOwn(failures, error) && failures[error]) || unknown
  return words[/^\s*en\b/i.test(acceptLanguage ?? '') ? 'en' : 'zh-CN']
}
