import type { World } from '../world/world.ts'
import type { WeChatReply, WeChatRequest } from '../wechat/endpoint.ts'
import { askingPage, doubleHitPage, refusedPage } from './authorize-page.ts'
import { readAuthorizeRequest } from './authorize-request.ts'
import type { AuthorizePage, AuthorizeRequest } from './authorize-request.ts'
import { decide } from './decide.ts'
import type { Decision } from './decide.ts'
import { errorPage } from './error-page.ts'
import { langOf } from './page.ts'
import type { Lang } from './page.ts'

/** Who the browser's person is, once they have said so: WeChat knows it, a browser has to be told. */
const cookieName = 'kaimen_emulator_person'

/** A page that asks a person: GET shows it, POST is its form. */
export function answerPage(world: World, page: AuthorizePage, request: WeChatRequest): WeChatReply {
  const { query, headers, method } = request
  const asked = query.get('lang')
  const lang: Lang =
    asked === 'en' ? 'en' : asked === 'cn' ? 'zh' : langOf(headers['accept-language'])
  const read = readAuthorizeRequest(world, page, query)
  if (typeof read !== 'object') return errorPage(lang, read)

  if (method === 'POST') {
    const form = new URLSearchParams(request.body ?? '')
    const personId = form.get('person') ?? ''
    const decision = form.get('decision') === 'refuse' ? 'refuse' : 'allow'
    if (world.people.has(personId)) return goOn(world, lang, read, personId, decision)
  }
  const personId = personOf(world, headers.cookie)
  if (method !== 'POST' && read.scope === 'snsapi_base' && personId !== undefined) {
    return goOn(world, lang, read, personId, 'allow')
  }
  const address = `http://${headers.host ?? 'localhost'}${request.path}?${query.toString()}`
  return askingPage(world, { lang, request: read, personId, address })
}

function goOn(
  world: World,
  lang: Lang,
  request: AuthorizeRequest,
  personId: string,
  decision: Decision,
): WeChatReply {
  const decided = decide(world, request, personId, decision)
  if (decided === 10006) return errorPage(lang, decided)
  const { location } = decided
  const cookie = `${cookieName}=${encodeURIComponent(personId)}; Path=/connect; HttpOnly; SameSite=Lax`
  const stay = (reply: WeChatReply) => ({
    ...reply,
    headers: { ...reply.headers, 'set-cookie': cookie },
  })
  if (location === null) return stay(refusedPage(lang))
  if (request.app.switches.redirect_double_hit && decision === 'allow') {
    return stay(doubleHitPage(lang, location))
  }
  return {
    status: 302,
    contentType: 'text/html; charset=utf-8',
    headers: {
      location,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'set-cookie': cookie,
    },
    body: '',
    errcode: 0,
  }
}

function personOf(world: World, cookie: string | undefined): string | undefined {
  const encoded = new RegExp(`(?:^|;\\s*)${cookieName}=([^;]*)`).exec(cookie ?? '')?.[1]
  return [...world.people.keys()].find((id) => encodeURIComponent(id) === encoded)
}
