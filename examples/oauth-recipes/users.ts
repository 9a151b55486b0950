import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { Person } from './person.ts'

export interface User {
  readonly id: string
  /** What to call them. Never a key: nicknames are nobody's. */
  readonly name: string
}

export interface Users {
  find(id: string): User | undefined
  /** The user of this identity, made where there is none. */
  signIn(appid: string, person: Pick<Person, 'openid' | 'unionid' | 'nickname'>): User
  close(): void
}

/**
 * Users by their WeChat identities: (appid, openid) is the key. The same person has another openid
 * in each app; where all apps are under one Open Platform account, the unionid joins them.
 */
export function createUsers(path: string): Users {
  const db = new DatabaseSync(path)
  db.exec(`
    create table if not exists users (id text primary key, name text not null) strict;
    create table if not exists identities (
      appid text, openid text, unionid text, user_id text not null references users (id),
      primary key (appid, openid)
    ) strict;
    create index if not exists identities_by_unionid on identities (unionid)`)
  const userById = db.prepare('select id, name from users where id = ?')
  const idByOpenid = db.prepare('select user_id from identities where appid = ? and openid = ?')
  const idByUnionid = db.prepare('select user_id from identities where unionid = ?')
  const addUser = db.prepare('insert into users (id, name) values (?, ?)')
  const addIdentity = db.prepare(
    // A unionid may come late, once the app is bound to an Open Platform account.
    `insert into identities (appid, openid, unionid, user_id) values (?, ?, ?, ?)
     on conflict do update set unionid = coalesce(unionid, excluded.unionid)`,
  )

  function find(id: string): User | undefined {
    const row = userById.get(id)
    return row && { id: String(row['id']), name: String(row['name']) }
  }

  function make(name: string): User {
    const user = { id: randomUUID(), name }
    addUser.run(user.id, name)
    return user
  }

  return {
    find,
    signIn(appid, { openid, unionid = null, nickname }) {
      db.exec('begin immediate')
      try {
        const row = idByOpenid.get(appid, openid) ?? (unionid && idByUnionid.get(unionid))
        const user = (row && find(String(row['user_id']))) || make(nickname)
        addIdentity.run(appid, openid, unionid, user.id)
        db.exec('commit')
        return user
      } catch (error) {
        db.exec('rollback')
        throw error
      }
    },
    close: () => db.close(),
  }
}
