/**
 * What a tutorial on mini-program login ends with: Express, axios, jsonwebtoken, SQLite. Written as
 * tutorials write it: each statement prepared where it is used, the JWT secret a string, axios as
 * it comes. SQLite is in WAL mode, which many tutorials leave out; without it sign-ins are 5 ×
 * slower.
 */
import { DatabaseSync } from 'node:sqlite'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import axios from 'axios'
import express from 'express'
import jwt from 'jsonwebtoken'
import { app as wechatApp } from './server.ts'
import type { StartServer } from './server.ts'

const jwtSecret = 'a secret of the tutorial, as a string'

export const start: StartServer = ({ wechatUrl, folder }) => {
  const db = new DatabaseSync(join(folder, 'tutorial.db'))
  db.exec('pragma journal_mode = wal')
  db.exec(
    `create table users (
       id integer primary key autoincrement,
       openid text unique not null,
       session_key text,
       created_at text default current_timestamp
     )`,
  )

  const app = express()
  app.use(express.json())

  // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Express 5 handles its rejection
  app.post('/v1/sign-in/wechat', async (request, response) => {
    const { data } = await axios.get<{ openid?: string; session_key?: string }>(
      `${wechatUrl}/sns/jscode2session`,
      {
        params: {
          appid: wechatApp.app_id,
          secret: wechatApp.secret,
          js_code: request.body.code,
          grant_type: 'authorization_code',
        },
      },
    )
    const { openid, session_key } = data
    if (openid === undefined || session_key === undefined) {
      response.status(400).json({ error: 'login failed' })
      return
    }
    let id = db.prepare('select id from users where openid = ?').get(openid)?.['id']
    if (id === undefined) {
      const insert = db.prepare('insert into users (openid, session_key) values (?, ?)')
      id = insert.run(openid, session_key).lastInsertRowid
    } else {
      db.prepare('update users set session_key = ? where id = ?').run(session_key, id)
    }
    const access_token = jwt.sign({ id: Number(id) }, jwtSecret, { expiresIn: '15m' })
    response.json({ access_token })
  })

  app.get('/v1/me', (request, response) => {
    try {
      const token = (request.headers.authorization ?? '').replace('Bearer ', '')
      const { id } = jwt.verify(token, jwtSecret)
      response.json(db.prepare('select id, created_at from users where id = ?').get(Number(id)))
    } catch {
      response.status(401).json({ error: 'unauthorized' })
    }
  })

  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
