import { ask, post, type Crowd, type Session } from './people.ts'
import { sleep } from './child-process.ts'
import type { System } from './system.ts'

/** The newest that were revoked; all of them would take minutes. */
const revokedLookedAt = 60

/** What has to hold whatever happened. @returns What does not, in words. */
export async function findBroken(system: System, crowd: Crowd): Promise<string[]> {
  await Promise.all(crowd.people.map((person) => crowd.refresh(person)))
  const revived = await Promise.all(
    crowd.revoked.slice(-revokedLookedAt).map((session) => whoTakes(system, session)),
  )
  const died = system.nodes
    .filter((node) => node.hasDied())
    .map((node) => `${node.name} ended by itself: ${node.lastOutput().slice(-600)}`)
  return [...died, ...revived.flat(), ...findInDatabase(system)]
}

/** A revocation that was answered holds on every node. */
async function whoTakes({ nodes }: System, session: Session): Promise<string[]> {
  const { session_id, access_token, refresh_token } = session
  const json = { grant_type: 'refresh_token', refresh_token }
  const headers = { authorization: `Bearer ${access_token}` }
  const found: string[] = []
  for (const { url, name } of nodes) {
    for (const [what, look] of [
      ['refreshed', () => post(`${url}/v1/token`, json)],
      ['let in', () => ask(`${url}/v1/me`, { headers })],
    ] as const) {
      const { status } = await insist(look)
      if (status !== 401 && status !== 400) {
        found.push(`${session_id} was revoked, and ${name} ${what} it: ${status}`)
      }
    }
  }
  return found
}

async function insist<Answer extends { status: number }>(look: () => Promise<Answer>) {
  for (let tries = 0; ; tries++) {
    const answer = await look().catch(() => undefined)
    if (answer && answer.status < 500) return answer
    if (tries === 20) return answer ?? { status: 0 }
    await sleep(300)
  }
}

/** Each is a query that finds nothing where all is well. */
const faults: Readonly<Record<string, string>> = {
  'a user without a way in': `
    select id from users
    where id not in (select user_id from identities) and phone_index is null`,
  'one person as two users': `
    select openid from identities group by app_id, openid having count(distinct user_id) > 1`,
  'a session without exactly one event of its beginning': `
    select s.id from sessions s
    left join events e on e.session_id = s.id and e.kind = 'signed_in'
    group by s.id having count(e.id) <> 1`,
  'an event of a session that is not there': `
    select e.id from events e
    where e.kind = 'signed_in' and e.session_id not in (select id from sessions)`,
  'a session that ended twice': `
    select session_id from events where kind = 'session_ended' and session_id is not null
    group by session_id having count(*) > 1`,
  'a session that ended without a word': `
    select id from sessions s where ended_at is not null
    and not exists (select 1 from events e where e.session_id = s.id and e.kind <> 'signed_in')`,
}

/** How sessions came to end, for when one ended that should not have. */
export function describeEnds({ postgres }: System): string {
  const query = 'select end_reason, count(*) from sessions where ended_at is not null group by 1'
  return postgres.query(query).join(', ')
}

function findInDatabase({ postgres }: System): string[] {
  return Object.entries(faults).flatMap(([fault, query]) => {
    const rows = postgres.query(query)
    return rows.length > 0 ? [`${fault}: ${rows.length}, as ${rows[0]}`] : []
  })
}
