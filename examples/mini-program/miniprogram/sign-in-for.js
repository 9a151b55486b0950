import { AuthError } from '@kaimen/client'
import { auth } from './auth.js'
import { explain } from './explain.js'

/**
 * Runs a sign-in by phone for a page that shows `busy` and `problem`, then opens the account.
 *
 * @param {{
 *   data: { busy: boolean }
 *   setData(change: { busy?: boolean; problem?: string }): void
 * }} page
 * @param {() => Promise<import('@kaimen/client').LoginResult>} signIn
 */
export async function signInFor(page, signIn) {
  if (page.data.busy) return
  page.setData({ busy: true, problem: '' })
  try {
    const { status } = await signIn()
    if (status === 'signed_in') await wx.reLaunch({ url: '/pages/account/account' })
  } catch (error) {
    page.setData({ problem: explain(error) })
    // The person took more than ten minutes: the next try needs a new login, and it must come before the tap.
    if (error instanceof AuthError && error.code === 'ticket_invalid')
      await auth.login().catch((failure) => page.setData({ problem: explain(failure) }))
  } finally {
    page.setData({ busy: false })
  }
}
