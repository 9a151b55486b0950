/** WeChat's own page with a code, in a frame of this one. */
import { AuthError } from '../auth-error.ts'
import { isFields, type Problem } from '../wire.ts'
import { fail } from './failure.ts'
import { pageLanguage } from './language.ts'

const title = { 'zh-CN': '微信登录', en: 'Sign in with WeChat' }

export interface Frame {
  /** Resolves when somebody has signed in there. */
  readonly done: Promise<void>
  close(): void
}

export function openFrame(element: HTMLElement, url: string): Frame {
  const frame = document.createElement('iframe')
  frame.src = url
  frame.title = title[pageLanguage()]
  // Quick sign-in asks WeChat on this computer, which Chrome 142 and newer guard.
  frame.allow = 'local-network-access'
  // It cannot take the page elsewhere.
  frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-forms')
  // What WeChat's page needs; a style sheet of the page's may say otherwise.
  frame.width = '300'
  frame.height = '400'
  const { origin } = new URL(url)
  let close = () => {}
  const done = new Promise<void>((resolve, reject) => {
    function hear({ origin: from, source, data }: MessageEvent<unknown>): void {
      if (from !== origin || source !== frame.contentWindow || !isFields(data)) return
      if (data['type'] === 'kaimen:signed_in') {
        leave()
        resolve()
      } else if (isFailed(data)) {
        // The frame's own page says so, too: it stays.
        removeEventListener('message', hear)
        const { code, title: message, detail, action } = data
        reject(new AuthError(code, { message, detail, action }))
      }
    }
    function leave(): void {
      removeEventListener('message', hear)
      frame.remove()
    }
    close = () => {
      leave()
      reject(fail('cancelled'))
    }
    addEventListener('message', hear)
    element.append(frame)
  })
  return { done, close }
}

type Failed = Pick<Problem, 'code' | 'title' | 'detail'> & Partial<Pick<Problem, 'action'>>

function isFailed(data: object): data is Failed {
  return (
    isFields(data) &&
    data['type'] === 'kaimen:failed' &&
    typeof data['code'] === 'string' &&
    typeof data['title'] === 'string'
  )
}
