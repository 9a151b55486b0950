import { BlockList, isIP } from 'node:net'

/** Where a request came from, as far as the server itself can know. */
export type AddressSource = {
  /** The other end of the connection. */
  readonly peer: string | undefined
  /** The header X-Forwarded-For, to which each proxy adds, at the right, whom it serves. */
  readonly forwardedFor: string | null
  readonly trustedProxies: BlockList
}

/**
 * The client's address. X-Forwarded-For counts only where a trusted proxy sent it, and is read from
 * the right up to the first hop that is none of them: what stands further left, anybody can write.
 * [AU-7]
 *
 * @returns IPv4, or IPv6 as RFC 5952 writes it. `undefined` where no public address is known: the
 *   header is malformed or names trusted proxies alone, or the address belongs to this machine or a
 *   private network. Behind that one stands a proxy that nobody named, or a NAT, and all its people
 *   would count as one.
 */
export function clientAddress(source: AddressSource): string | undefined {
  const { peer, forwardedFor, trustedProxies } = source
  const claimed = forwardedFor?.split(',') ?? []
  for (let hop = peer; hop !== undefined; hop = claimed.pop()) {
    const address = readHop(hop)
    if (address === undefined) return undefined
    if (!includes(trustedProxies, address)) {
      return includes(internal, address) ? undefined : address
    }
  }
  return undefined
}

/** What a limit counts by: an IPv4 address, or the /64 that one subscriber of IPv6 has. [AU-6] */
export function addressBucket(address: string): string {
  if (isIP(address) !== 6) return address
  const [left = [], right = []] = address
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`
}

/**
 * Reads addresses and CIDR ranges, as `203.0.113.7`, `10.0.0.0/8`, `fd00::/8`. A range of everybody
 * (`/0`) is malformed: whom everybody trusts, anybody can be.
 */
export function readRanges(entries: readonly string[]): BlockList | { malformed: string } {
  const list = new BlockList()
  for (const entry of entries) if (!addRange(list, entry)) return { malformed: entry }
  return list
}

function addRange(list: BlockList, entry: string): boolean {
  const [, given = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry.trim()) ?? []
  const address = readAddress(given)
  if (address === undefined) return false
  const isMapped = isIP(given) === 6 && isIP(address) === 4
  const longest = isIP(address) === 4 ? 32 : 128
  const prefix = bits === undefined ? longest : Number(bits) - (isMapped ? 96 : 0)
  if (prefix < 1 || prefix > longest) return false
  list.addSubnet(address, prefix, familyOf(address))
  return true
}

/** Some proxies write the port too: `203.0.113.7:4711`, `[2001:db8::7]:4711`. */
function readHop(text: string): string | undefined {
  const hop = text.trim()
  const [, bare = hop] =
    /^\[([^\]]*)\](?::\d{1,5})?$/.exec(hop) ?? /^([\d.]+):\d{1,5}$/.exec(hop) ?? []
  return readAddress(bare)
}

/** One text for one address; IPv4 in IPv6's clothes is IPv4. */
function readAddress(text: string): string | undefined {
  const bare = text.replace(/%.*$/, '')
  if (isIP(bare) !== 6) return isIP(bare) === 4 ? bare : undefined
  const address = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(address) ?? []
  if (high === undefined || low === undefined) return address
  return [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((number) => [number >> 8, number & 255])
    .join('.')
}

const familyOf = (address: string) => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

const includes = (list: BlockList, address: string) => list.check(address, familyOf(address))

/** RFC 1918, 3927, 4193, 4291 and 6598, the last of which cloud load balancers use. */
const internal = new BlockList()
for (const range of [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1',
  'fc00::/7',
  'fe80::/10',
]) {
  addRange(internal, range)
}
