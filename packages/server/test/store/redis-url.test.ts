import { ConfigError } from '@kaimen/server'
import { createRedisEphemeralStore, readRedisUrl } from '@kaimen/server/store/redis'
import { describe, expect, it } from 'vitest'

const plain = {
  nodes: [{ host: 'localhost', port: 6379 }],
  isCluster: false,
  isTls: false,
  username: undefined,
  password: undefined,
  database: 0,
}
const two = [
  { host: 'a.example.com', port: 6379 },
  { host: '2001:db8::7', port: 7001 },
]

describe('the URL of a Redis', () => {
  it.each([
    ['redis://localhost', plain],
    ['redis://localhost/', plain],
    [
      ' redis://localhost:6380/3 ',
      { ...plain, nodes: [{ host: 'localhost', port: 6380 }], database: 3 },
    ],
    ['rediss://localhost', { ...plain, isTls: true }],
    ['redis://localhost/?cluster', { ...plain, isCluster: true }],
    ['redis://localhost?cluster=true', { ...plain, isCluster: true }],
    ['redis://a.example.com,[2001:db8::7]:7001', { ...plain, nodes: two, isCluster: true }],
    [
      'rediss://a.example.com, [2001:db8::7]:7001/0',
      { ...plain, nodes: two, isCluster: true, isTls: true },
    ],
  ])('%s is read', (url, place) => {
    expect(readRedisUrl(url)).toEqual(place)
  })

  it.each([
    ['redis://:p%40ss%2Fword@localhost', undefined, 'p@ss/word'],
    ['redis://me:p,a:s@localhost', 'me', 'p,a:s'],
  ])('%s has its user and password decoded, and the password wrapped', (url, user, password) => {
    const place = readRedisUrl(url)
    if (typeof place === 'string') throw new Error(place)
    expect(place.username).toBe(user)
    expect(place.password?.reveal()).toBe(password)
    expect(JSON.stringify(place)).not.toContain(password)
  })

  it.each([
    ['http://localhost', 'scheme'],
    ['localhost:6379', 'scheme'],
    ['', 'scheme'],
    ['redis://', 'host'],
    ['redis://loc alhost', 'host'],
    ['redis://a,,b', 'host'],
    ['redis://canary@localhost', 'credentials'],
    ['redis://me:can/ary@localhost', 'credentials'],
    ['redis://me:can@ary@localhost', 'credentials'],
    ['redis://me:%zzcanary@localhost', 'credentials'],
    ['redis://me:canary@localhost:0', 'port'],
    ['redis://me:canary@localhost:65536', 'port'],
    ['redis://me:canary@localhost:port', 'port'],
    ['redis://me:canary@localhost/first', 'database'],
    ['redis://me:canary@a,b/1', 'database'],
    ['redis://me:canary@localhost?tls', 'query'],
  ])('of %s the part that is wrong is named, and none repeated', (url, fault) => {
    expect(readRedisUrl(url)).toBe(fault)
    const make = () => createRedisEphemeralStore({ url })
    expect(make).toThrow(ConfigError)
    expect(make).not.toThrow(/canary|can@|localhost:/)
    expect(make).toThrow(fault)
  })

  it.each([
    [{ prefix: 'has space' }, /prefix/],
    [{ prefix: '' }, /prefix/],
    [{ timeoutMs: 49 }, /timeoutMs/],
    [{ timeoutMs: 0.5 }, /timeoutMs/],
    [{ timeout: 1000 }, /no option timeout/],
  ])('the options %o are refused by name', (options, name) => {
    const wrong: object = options
    expect(() => createRedisEphemeralStore({ url: 'redis://localhost', ...wrong })).toThrow(name)
  })
})
