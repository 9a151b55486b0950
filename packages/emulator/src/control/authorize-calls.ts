import * as v from 'valibot'
import { authorizePages, readAuthorizeRequest } from '../page/authorize-request.ts'
import type { AuthorizePage, PageError } from '../page/authorize-request.ts'
import { decide, decisions } from '../page/decide.ts'
import { pageErrorText } from '../page/error-page.ts'
import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { findPerson } from './find.ts'
import { fieldRefusal, oneOf, readFields } from './read-fields.ts'
import { Refusal } from './refusal.ts'

/** A person opens the address of a page in WeChat and decides. */
export const postAuthorize: ControlCall = {
  method: 'POST',
  path: '/emulator/authorize',
  answer(world, { body }) {
    const { url: urlText, person, decision } = readFields(authorizeFields, body)
    const url = new URL(urlText)
    const { id } = findPerson(world, person)
    const page: AuthorizePage | undefined = Object.values(authorizePages).find(
      ({ path }) => path === url.pathname,
    )
    if (!page) throw fieldRefusal('url', `must be one of ${pathList}, on any host`)
    const request = readAuthorizeRequest(world, page, url.searchParams)
    if (typeof request !== 'object') throw shown(request)
    const { app, scope } = request
    if (page.isStrict && app.switches.authorize_url_strict && url.hash !== '#wechat_redirect') {
      throw new Refusal(
        400,
        'wechat_error_page',
        'WeChat opens this page only at an address that ends in #wechat_redirect.',
        'End the address in it, or turn the switch authorize_url_strict off.',
      )
    }
    if (scope === 'snsapi_base' && decision === 'refuse') {
      throw fieldRefusal('decision', 'must be "allow" for snsapi_base, which asks nobody')
    }
    const decided = decide(world, request, id, decision)
    if (decided === 10006) throw shown(decided)
    const { location } = decided
    const isTwice = app.switches.redirect_double_hit && decision === 'allow'
    return ok({ location, ...(isTwice && { locations: [location, location] }) })
  },
}

const pathList = Object.values(authorizePages)
  .map(({ path }) => path)
  .join(' and ')

// What WeChat shows to a person in place of the page.
function shown(error: PageError): Refusal {
  const { en } = pageErrorText(error)
  return new Refusal(
    400,
    typeof error === 'number' ? `wechat_error_page_${error}` : 'wechat_error_page',
    `WeChat shows an error page${typeof error === 'number' ? ` with the number ${error}` : ''}: ${en}`,
    'Mend the address, or the switch that asks for this error.',
  )
}

const aUrl = 'must be the whole address of a page, such as "https://open.weixin.qq.com/connect/…"'

const authorizeFields = {
  url: v.pipe(v.string(aUrl), v.url(aUrl)),
  person: v.string('must be the id of a person'),
  decision: oneOf(decisions),
}
