import { adminRoles, adminRoutes, type AdminRoute } from '@kaimen/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setUp, type Administrator } from '../support/administrators.ts'
import { openWebBrowser } from '../support/web-browser.ts'
import { openWorld, type Reply, type World } from '../support/world.ts'

let world: World
let administrators: Readonly<Record<string, Administrator>>
beforeAll(async () => {
  world = await openWorld()
  const of = async (role: (typeof adminRoles)[number]) => [role, await setUp(world, role, role)]
  administrators = Object.fromEntries(await Promise.all(adminRoles.map(of))) as Record<
    string,
    Administrator
  >
})
afterAll(() => world.close())

const guarded = Object.entries<AdminRoute>(adminRoutes).filter(
  ([name, { role }]) => role !== 'none' && name !== 'adminSignOut',
)

/** A request of nothing that is there, so that nothing comes of it. */
function ask({ browser }: Pick<Administrator, 'browser'>, { method, path, body }: AdminRoute) {
  const gone = path.replaceAll(/\{\w+\}/g, 'nothing')
  return browser.ask(method, gone, { ...(body && { json: { nothing: 1 } }) })
}

const outcome = ({ status, body }: Reply) => [status, body['code'] ?? 'ok']

describe('[WB-3] the roles', () => {
  it('are checked for every route but those for signing in', () => {
    const open = Object.values<AdminRoute>(adminRoutes).filter(({ role }) => role === 'none')
    expect(open.map(({ path }) => path)).toEqual([
      '/v1/admin/set-up/begin',
      '/v1/admin/set-up',
      '/v1/admin/sign-in',
      '/v1/admin/sign-in/second-factor',
    ])
    // All that changes anything is an operator's at least, all about administrators an owner's.
    for (const [name, { method, path, role }] of guarded) {
      if (name === 'adminSearchUsers' || method === 'GET') expect(role).toBe('viewer')
      else if (/\/(admins|invites)/.test(path)) expect(role).toBe('owner')
      else expect(role).not.toBe('viewer')
    }
  })

  it.each(guarded)('%s is refused to whoever has not signed in', async (_name, route) => {
    const reply = await ask({ browser: openWebBrowser(world) }, route)
    expect(outcome(reply)).toEqual([401, 'admin_required'])
    expect(reply.headers.get('cache-control')).toBe('no-store')
  })

  it.each(guarded.flatMap(([name, route]) => adminRoles.map((role) => ({ name, role, route }))))(
    '$name is for those of its role and above: $role',
    async ({ role, route }) => {
      const administrator = administrators[role]
      if (!administrator || route.role === 'none') throw new Error('nobody')
      const reply = await ask(administrator, route)
      const mayNot = adminRoles.indexOf(role) < adminRoles.indexOf(route.role)
      if (mayNot) expect(outcome(reply)).toEqual([403, 'role_missing'])
      else expect([200, 400, 404, 409]).toContain(reply.status)
      expect(reply.headers.get('cache-control')).toBe('no-store')
    },
  )

  it('count from the moment they are changed, in sessions that are open', async () => {
    const [owner, other] = [administrators['owner'], await setUp(world, 'operator', 'other')]
    expect((await other.post('events/export')).status).toBe(200)
    expect((await owner?.ask('PATCH', `admins/${other.id}`, { role: 'viewer' }))?.status).toBe(200)
    expect(outcome(await other.post('events/export'))).toEqual([403, 'role_missing'])
  })

  it('leave an owner: the last is neither ended nor made less', async () => {
    const owner = administrators['owner']
    const path = `admins/${owner?.id}`
    const refused = [409, 'last_owner']
    expect(outcome((await owner?.ask('DELETE', path)) ?? failed)).toEqual(refused)
    const less = await owner?.ask('PATCH', path, { role: 'operator' })
    expect(outcome(less ?? failed)).toEqual(refused)
    expect((await owner?.get('session'))?.status).toBe(200)
  })
})

const failed: Reply = { status: 0, headers: new Headers(), text: '', body: {} }
