import { adminRoutes, type AdminRoute } from '@kaimen/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setUp, type Administrator } from '../support/administrators.ts'
import { openWorld, type Reply, type World } from '../support/world.ts'

let world: World
let owner: Administrator
beforeAll(async () => {
  world = await openWorld({ limits: { admin_per_address_hour: 1_000_000 } })
  owner = await setUp(world, 'owner', 'Owner')
})
afterAll(() => world.close())

const outcome = ({ status, body }: Reply) => [status, body['code'] ?? 'ok']
const named = Object.entries<AdminRoute>(adminRoutes)
const withBody = named.filter(([, { body }]) => body)
const withId = named.filter(([, { path }]) => path.includes('{'))

/** A body that the route takes, of nothing that is there. */
const bodies: Readonly<Record<string, object>> = {
  adminChangeRole: { role: 'viewer' },
}

describe('bad input to the console’s interface', () => {
  const send = (route: AdminRoute, body: string, type = 'application/json') => {
    const cookie = [...owner.browser.cookies].map((pair) => pair.join('=')).join('; ')
    return world.send(route.method, route.path.replaceAll(/\{\w+\}/g, 'nothing'), {
      body,
      headers: { cookie, origin: 'http://kaimen.test', 'content-type': type },
    })
  }

  it.each(withBody)(
    'a body of %s that is malformed is refused, and nothing is done',
    async (_, route) => {
      const before = (await world.auth.events.list({ limit: 1000 })).length
      for (const body of ['', '{', 'null', '[]', '"x"', '1', '{"nothing":1}', '{"id":{}}']) {
        expect(outcome(await send(route, body))).toEqual([400, 'body_invalid'])
      }
      const huge = JSON.stringify({ token: 'x'.repeat(70_000) })
      expect(outcome(await send(route, huge))).toEqual([413, 'body_too_large'])
      const form = await send(route, 'a=1', 'application/x-www-form-urlencoded')
      expect(outcome(form)).toEqual([415, 'media_type_unsupported'])
      expect(await world.auth.events.list({ limit: 1000 })).toHaveLength(before)
    },
  )

  it.each(withId)('an id of %s that is none is not found', async (name, { method, path }) => {
    const ids = ['nothing', 'usr_0000000000g', 'adm_00000000000', '%00', '..%2F..', '1'.repeat(900)]
    for (const id of ids) {
      const json = bodies[name]
      const reply = await owner.browser.ask(method, path.replaceAll(/\{\w+\}/g, id), {
        ...(json && { json }),
      })
      expect(outcome(reply)).toEqual([404, 'not_found'])
    }
  })

  it.each([
    'events?limit=0',
    'events?limit=201',
    'events?limit=1e2',
    'events?before=usr_00000000000',
    'events?user_id=nobody',
    'events?since=yesterday',
    'events?until=2026-13-01T00:00:00Z',
    'overview?by=week',
    'overview?since=2026-01-15',
    'overview?since=2020-01-01T00:00:00Z',
    'overview?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z',
  ])('%s is refused, and the answer names the parameter', async (path) => {
    const reply = await owner.get(path)
    expect(outcome(reply)).toEqual([400, 'body_invalid'])
    expect(String(reply.body['detail'])).toMatch(/limit|before|user_id|since|until|by/)
  })

  it('a search takes one thing at a time', async () => {
    for (const json of [
      { id: 'usr_00000000000', nickname: 'x' },
      { nickname: 'x', before: 'usr_00000000000' },
      { limit: 101 },
      { limit: 0.5 },
      { nickname: '' },
      { nickname: 'x'.repeat(33) },
    ]) {
      expect(outcome(await owner.post('users/search', json))).toEqual([400, 'body_invalid'])
    }
  })

  it('another method than the route’s is refused, and what there is, is named', async () => {
    const reply = await owner.browser.ask('DELETE', '/v1/admin/overview')
    expect(outcome(reply)).toEqual([405, 'method_not_allowed'])
    expect(reply.headers.get('allow')).toBe('GET, HEAD')
    expect(outcome(await owner.get('nowhere'))).toEqual([404, 'not_found'])
  })
})
