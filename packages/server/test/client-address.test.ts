import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressBucket, clientAddress, readRanges } from '../src/client-address.ts'

const proxies = ['198.51.100.0/24', '10.0.0.0/8', '2001:db8:aaaa::/48']

function addressOf(peer: string | undefined, forwardedFor: string | null, trusted = proxies) {
  const trustedProxies = readRanges(trusted)
  if ('malformed' in trustedProxies) throw new Error(trustedProxies.malformed)
  return clientAddress({ peer, forwardedFor, trustedProxies })
}

const proxy = '198.51.100.7'
const client = '203.0.113.9'

describe('[AU-7] the client’s address', () => {
  it.each<[what: string, peer: string | undefined, header: string | null, is: string | undefined]>([
    ['that of the connection, without a header', client, null, client],
    ['that of the connection, whatever a stranger’s header claims', client, '192.0.2.1', client],
    ['that of the connection, though the header names a trusted proxy', client, proxy, client],
    ['what the trusted proxy says', proxy, client, client],
    ['what the last trusted proxy of several says', '10.1.2.3', `${client}, ${proxy}`, client],
    [
      'not what the client wrote before the proxy added to it',
      proxy,
      `192.0.2.1, ${client}`,
      client,
    ],
    [
      'not the trusted address that the client wrote there',
      proxy,
      `192.0.2.1, ${proxy}, ${client}`,
      client,
    ],
    ['not harmed by what the client wrote there', proxy, `;drop, , é, ${client}`, client],
    ['not further left than a malformed entry', proxy, `${client}, unknown`, undefined],
    ['not further left than an empty entry', proxy, `${client},`, undefined],
    ['not known where the header is empty', proxy, '', undefined],
    ['not known where the proxy sends no header', proxy, null, undefined],
    ['not known where all hops are proxies', proxy, '10.0.0.1, 10.0.0.2', undefined],
    ['not known without a connection, whatever the header claims', undefined, client, undefined],
    ['not known where the connection’s is no address', 'localhost', client, undefined],
    ['not known where it is this machine’s', '127.0.0.1', client, undefined],
    ['not known where a proxy that nobody named is private', '192.168.1.1', client, undefined],
    [
      'not known where the hop before the proxy is private',
      proxy,
      `${client}, 172.16.0.1`,
      undefined,
    ],
    ['IPv4 where it comes as IPv6', `::ffff:${client}`, null, client],
    ['believed of a proxy whose address comes as IPv6', `::ffff:${proxy}`, client, client],
    ['IPv4 where the proxy writes it as IPv6', proxy, '::FFFF:CB00:7109', client],
    ['IPv6 in its one form', '2001:0DB8:0:0:0:0:0:1', null, '2001:db8::1'],
    ['IPv6 by an IPv6 proxy', '2001:db8:aaaa::1', '2001:db8:bbbb::1', '2001:db8:bbbb::1'],
    ['without the port that some proxies write', proxy, `${client}:4711`, client],
    ['without port and brackets', proxy, '[2001:db8::1]:4711', '2001:db8::1'],
    ['without a zone', 'fe80::1%eth0', null, undefined],
  ])('is %s', (_, peer, header, is) => {
    expect(addressOf(peer, header)).toBe(is)
  })

  it('is that of the connection for every header, where no proxy is trusted', () => {
    const entry = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        expect(addressOf(client, entries.join(', '), [])).toBe(client)
      }),
    )
  })

  it('is what the trusted proxy added, whatever stood before it', () => {
    const entry = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constantFrom(proxy, '10.0.0.1'))
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        expect(addressOf(proxy, [...entries, client].join(', '))).toBe(client)
      }),
    )
  })
})

describe('[AU-6] what a limit counts by', () => {
  it.each([
    [client, client],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::5:0:0:1', '2001:db8:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::2', '0:0:0:0::/64'],
  ])('of %s is %s', (address, bucket) => {
    expect(addressBucket(address)).toBe(bucket)
  })

  it('is the same for all of a /64, and another for the next', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        const [a, b] = [one, other].map((text) => addressOf(text, null, []))
        if (!a?.includes(':') || !b?.includes(':')) return
        const bits = (text: string) => {
          const [left = [], right = []] = text.split('::').map((part) => part.split(':'))
          const gap = text.includes('::') ? 8 - left.length - right.length : 0
          return [...left, ...Array.from({ length: gap }, () => '0'), ...right]
            .slice(0, 4)
            .map((group) => Number.parseInt(group || '0', 16))
        }
        expect(addressBucket(a) === addressBucket(b)).toBe(String(bits(a)) === String(bits(b)))
      }),
    )
  })
})

describe('the ranges of trusted proxies', () => {
  it.each([
    ['198.51.100.7', proxy, true],
    ['198.51.100.7', '198.51.100.8', false],
    ['198.51.100.9/24', proxy, true],
    [' 198.51.100.0/24 ', proxy, true],
    ['198.51.100.0/25', '198.51.100.128', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::ffff:198.51.100.0/120', proxy, true],
    ['::ffff:198.51.100.0/120', '198.51.101.1', false],
  ])('%s has %s: %s', (range, address, isIn) => {
    expect(addressOf(address, client, [range])).toBe(isIn ? client : address)
  })

  it.each([
    '',
    'localhost',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0/8',
    '010.0.0.0/8',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '0.0.0.0/0',
    '::/0',
    '::ffff:0.0.0.0/96',
    '::ffff:10.0.0.0/95',
    '2001:db8::/129',
    '[2001:db8::]/32',
    '10.0.0.0/8,10.0.0.1',
    '*',
  ])('%j is malformed', (entry) => {
    expect(readRanges(['10.0.0.0/8', entry])).toEqual({ malformed: entry })
  })
})
