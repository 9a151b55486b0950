/**
 * A page on which a code can be asked for; `wait` seconds are left until another can be.
 *
 * @typedef {{
 *   data: { wait: number }
 *   timer: number
 *   setData(change: { wait: number }): void
 * }} WaitingPage
 */

/**
 * @param {WaitingPage} page Has to clear `timer` when it is closed.
 * @param {number} seconds
 */
export function countDown(page, seconds) {
  clearInterval(page.timer)
  page.setData({ wait: seconds })
  page.timer = setInterval(() => tick(page), 1000)
}

/** @param {WaitingPage} page */
export function tick(page) {
  const wait = Math.max(0, page.data.wait - 1)
  page.setData({ wait })
  if (wait === 0) clearInterval(page.timer)
}
