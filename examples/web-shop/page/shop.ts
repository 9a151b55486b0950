import type { User } from '@kaimen/client/web'
import { loadAccount, placeOrder } from './account.ts'
import { auth } from './auth.ts'
import { find, show } from './find.ts'
import { askToSignIn } from './sign-in.ts'
import { explain, words } from './words.ts'

const notice = find('notice', HTMLElement)
const picture = find('picture', HTMLImageElement)

/** What went well is off the screen after a while; what went wrong stays until the next. */
const noticeMs = 4000
let noticeTimer: ReturnType<typeof setTimeout> | undefined

/** Runs what somebody asked for, and tells how it went. */
async function run(work: () => Promise<string | void>): Promise<void> {
  try {
    const outcome = (await work()) ?? ''
    say(outcome)
    noticeTimer = setTimeout(() => say(''), noticeMs)
  } catch (error) {
    say(explain(error))
  }
}

function say(text: string): void {
  clearTimeout(noticeTimer)
  notice.textContent = text
  show(notice, text !== '')
}

function onClick(id: string, work: () => Promise<string | void>): void {
  find(id, HTMLButtonElement).addEventListener('click', () => void run(work))
}

function showUser(user: User | null): void {
  show(find('sign-in', HTMLElement), !user)
  for (const id of ['sign-out', 'account', 'who']) show(find(id, HTMLElement), !!user)
  find('name', HTMLElement).textContent = user?.nickname ?? words.unnamed
  show(picture, !!user?.avatar_url)
  if (user?.avatar_url) picture.src = user.avatar_url
  if (user) loadAccount().catch((error: unknown) => say(explain(error)))
}

onClick('sign-in', async () => {
  await askToSignIn()
})
onClick('sign-out', () => auth.signOut())
onClick('sign-out-everywhere', () => auth.signOut({ everywhere: true }))

for (const button of document.querySelectorAll<HTMLButtonElement>('.buy'))
  button.addEventListener('click', () => {
    void run(async () => {
      if (!(await auth.ready) && !(await askToSignIn())) return ''
      await placeOrder(button.dataset['tea'] ?? '')
      return words.ordered
    })
  })

auth.onChange(showUser)
auth.ready.then(showUser, (error: unknown) => {
  showUser(null)
  say(explain(error))
})
