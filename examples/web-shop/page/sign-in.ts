// The dialog in which somebody signs in: on a computer by a code, inside WeChat by a tap.

import type { WebSignInOptions } from '@kaimen/client/web'
import { auth } from './auth.ts'
import { find, show } from './find.ts'
import { explain, words } from './words.ts'

const dialog = find('sign-in-dialog', HTMLDialogElement)
const way = find('way', HTMLElement)
const hint = find('hint', HTMLElement)
const problem = find('problem', HTMLElement)
const again = find('again', HTMLButtonElement)
const isInWechat = /MicroMessenger/i.test(navigator.userAgent)

let leaveWay = () => {}

/** Whether somebody is signed in when the dialog closes. */
export function askToSignIn(): Promise<boolean> {
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(!!auth.user), { once: true })
    show(find('on-computer', HTMLElement), !isInWechat)
    show(find('in-wechat', HTMLElement), isInWechat)
    say('')
    dialog.showModal()
    if (!isInWechat) showWay()
  })
}

for (const radio of document.querySelectorAll<HTMLInputElement>('input[name=way]'))
  radio.addEventListener('change', showWay)

function showWay(): void {
  leaveWay()
  say('')
  const byScan = document.querySelector<HTMLInputElement>('input[name=way][value=scan]')?.checked
  show(hint, !byScan)
  if (byScan) {
    const scan = auth.scan(way, { texts: { waiting: words.by_scan_hint } })
    leaveWay = scan.close
    scan.done.then(
      () => dialog.close(),
      () => {},
    )
  } else {
    leaveWay = () => way.replaceChildren()
    void enter({ embed: way })
  }
}

/** Leaves the page, but where the code is shown on it. */
async function enter(options: WebSignInOptions): Promise<void> {
  try {
    await auth.signIn(options)
    dialog.close()
  } catch (error) {
    say(explain(error))
  }
}

function say(text: string): void {
  problem.textContent = text
  show(problem, text !== '')
  // A scan has a button of its own.
  show(again, text !== '' && way.querySelector('iframe') !== null)
}

again.addEventListener('click', showWay)
find('redirect', HTMLButtonElement).addEventListener('click', () => void enter({}))
find('silent', HTMLButtonElement).addEventListener('click', () => void enter({}))
find('with-profile', HTMLButtonElement).addEventListener(
  'click',
  () => void enter({ scope: 'snsapi_userinfo' }),
)
find('close', HTMLButtonElement).addEventListener('click', () => dialog.close())
dialog.addEventListener('close', () => {
  leaveWay()
  leaveWay = () => {}
})
// In another tab, too.
auth.onChange((user) => {
  if (user && dialog.open) dialog.close()
})
