import { createWebClient, type ShownScan, type User } from '@kaimen/client/web'
import { inBoth, make, makeButton } from './dom.ts'

/** A page on a computer: whoever scans its code with the mini program is signed in. */
const { app: app_id = '' } = document.body.dataset
const auth = createWebClient({ baseUrl: location.origin, apps: { mini_program: app_id } })
const place = make('main')
document.body.append(place)

let scan: ShownScan | undefined

function showUser(user: User | null | undefined): void {
  scan?.close()
  scan = undefined
  if (!user) return showCode()
  place.replaceChildren(
    make('h1', {}, ...inBoth({ zh: '已登录', en: 'Signed in' })),
    make(
      'p',
      {},
      ...inBoth({ zh: '你好，', en: 'Hello, ' }),
      user.nickname ?? '',
      ' ',
      make('code', { id: 'user-id' }, user.id),
    ),
    makeButton('primary', { zh: '退出登录', en: 'Sign out' }, () => void auth.signOut()),
  )
}

function showCode() {
  const code = make('div', { id: 'code' })
  place.replaceChildren(
    make('h1', {}, ...inBoth({ zh: '用手机登录', en: 'Sign in with your phone' })),
    code,
  )
  scan = auth.scan(code)
}

/** In the frame of the stage it speaks the stage's language. */
function followLanguage() {
  const write = () => {
    document.documentElement.lang = window.parent.document.documentElement.lang || 'zh-CN'
  }
  write()
  window.parent.document.addEventListener('language', write)
}

followLanguage()
auth.onChange(showUser)
auth.ready.then(showUser, () => showUser(null))
