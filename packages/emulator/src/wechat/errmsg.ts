/**
 * The texts that WeChat puts into `errmsg`, by errcode, without the suffix that names the request.
 * From WeChat's table of global return codes and from what developers were answered; 40243 is a
 * guess.
 */
const errmsgByErrcode: ReadonlyMap<number, string> = new Map([
  [-1, 'system error'],
  [40001, 'invalid credential, access_token is invalid or not latest'],
  [40002, 'invalid grant_type'],
  [40003, 'invalid openid'],
  [40013, 'invalid appid'],
  [40014, 'invalid access_token'],
  [40029, 'invalid code'],
  [40125, 'invalid appsecret'],
  [40163, 'code been used'],
  [40164, 'invalid ip {ip} ipv6 {ipv6}, not in whitelist'],
  [40226, 'code blocked'],
  [40243, 'appsecret is frozen'],
  [41001, 'access_token missing'],
  [41002, 'appid missing'],
  [41004, 'appsecret missing'],
  [41008, 'missing code'],
  [42001, 'access_token expired'],
  [43001, 'require GET method'],
  [43002, 'require POST method'],
  [44002, 'empty post data'],
  [45009, 'reach max api daily quota limit'],
  [45011, 'api minute-quota reach limit  mustslower  retry next minute'],
  [47001, 'data format error'],
  [48001, 'api unauthorized'],
  [50002, 'user limited'],
])

/** The text of an errcode; undefined if the emulator knows none. */
export function errmsgOf(errcode: number, callerIp: string): string | undefined {
  return errmsgByErrcode
    .get(errcode)
    ?.replace('{ip}', callerIp)
    .replace('{ipv6}', callerIp.includes(':') ? callerIp : `::ffff:${callerIp}`)
}
