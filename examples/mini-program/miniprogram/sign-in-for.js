import { AuthError } from '@kaimen/client'
import { auth } from './auth.js'
import { explain } from './explain.js'
import { wrongFormat } from './send-code.js'

/**
 * Runs a sign-in by phone for a page that shows `busy`, `problem` and whether the account was
 * `deleted`, then opens the account, or the page that waits for the sign-in. Where it was deleted,
 * the next try takes it back, which the page says beforehand.
 *
 * @param {{
 *   data: { busy: boolean; deleted: boolean }
 *   setData(change: { busy?: boolean; problem?: string; deleted?: boolean }): void
 * }} page
 * @param {(restore: boolean) => Promise<import('@kaimen/client').LoginResult>} signIn
 */
export async function signInFor(page, signIn) {
  if (page.data.busy) return
  page.setData({ busy: true, problem: '' })
  try {
    const { status } = await signIn(page.data.deleted)
    if (status === 'signed_in') await goOn()
  } catch (error) {
    const code = error instanceof AuthError ? error.code : ''
    if (code === 'user_deleted') page.setData({ deleted: true })
    else page.setData({ problem: explain(error, wrongFormat) })
    // The person took more than ten minutes: the next try needs a new login, and it must come before the tap.
    if (code === 'ticket_invalid')
      await auth.login().catch((failure) => page.setData({ problem: explain(failure) }))
  } finally {
    page.setData({ busy: false })
  }
}

async function goOn() {
  const pages = getCurrentPages()
  const waiting = pages.findIndex(({ route }) => route === 'pages/confirm/confirm')
  if (waiting < 0) await wx.reLaunch({ url: '/pages/account/account' })
  else await wx.navigateBack({ delta: pages.length - 1 - waiting })
}
