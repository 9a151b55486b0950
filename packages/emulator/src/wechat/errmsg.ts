/**
 * The texts that WeChat puts into `errmsg`, by errcode, without the suffix that names the request.
 * From WeChat's pages and from what developers were answered. Guesses: 40243, 500xx, 7600x, 8xxxx
 * but 87008 and 87009, and those of three or four digits but 1 and 1007.
 */
const errmsgByErrcode: ReadonlyMap<number, string> = new Map([
  [-1, 'system error'],
  [1, 'data not exit'],
  [1001, 'bad parameter'],
  [1003, 'too fast'],
  [1005, 'plugin appid mismatch'],
  [1007, 'get no data'],
  [1022, 'json error'],
  [
    40001,
    'invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r',
  ],
  [40002, 'invalid grant_type'],
  [40003, 'invalid openid'],
  [40013, 'invalid appid'],
  [40014, 'invalid access_token'],
  [40029, 'invalid code'],
  [40030, 'invalid refresh_token'],
  [40097, 'invalid args'],
  [40125, 'invalid appsecret'],
  [40129, 'invalid scene'],
  [40163, 'code been used'],
  [40164, 'invalid ip {ip} ipv6 {ipv6}, not in whitelist'],
  [40169, 'invalid length for scene, or the data is not json string'],
  [40226, 'code blocked'],
  [40243, 'appsecret is frozen'],
  [41001, 'access_token missing'],
  [41002, 'appid missing'],
  [41003, 'missing refresh_token'],
  [41004, 'appsecret missing'],
  [41008, 'missing code'],
  [41009, 'missing openid'],
  [41030, 'invalid page'],
  [42001, 'access_token expired'],
  [42002, 'refresh_token expired'],
  [42007, 'access_token and refresh_token are dead since the user changed the password'],
  [43001, 'require GET method'],
  [43002, 'require POST method'],
  [44002, 'empty post data'],
  [45009, 'reach max api daily quota limit'],
  [45035, 'access clientip is not registered'],
  [45011, 'api minute-quota reach limit  mustslower  retry next minute'],
  [47001, 'data format error'],
  [48001, 'api unauthorized'],
  [48006, 'forbid to clear quota because of reaching the limit'],
  [50002, 'user limited'],
  [50004, 'forbid to use token interface for this account'],
  [50007, 'account is frozen'],
  [61004, 'access clientip is not registered'],
  [61024, 'should use component access_token'],
  [76001, 'rid not found'],
  [76002, 'rid is empty or its format is wrong'],
  [76003, 'rid belongs to another account'],
  [76004, 'rid is older than 7 days'],
  [76021, 'cgi_path not found'],
  [76022, 'could not use this cgi_path, no permission'],
  [85096, 'not allow include scancode_time field'],
  [87008, 'invalid sig_method'],
  [87009, 'invalid signature'],
  [89002, 'appid is not bound to an open platform account'],
  [89300, 'invalid transaction'],
  [89501, 'this ip awaits the consent of an administrator'],
  [89503, 'this ip needs the consent of an administrator'],
  [89506, 'this ip was refused twice by an administrator, retry in 24 hours'],
  [89507, 'this ip was refused by an administrator, retry in an hour'],
])

/** The text of an errcode; undefined if the emulator knows none. */
export function errmsgOf(errcode: number, callerIp: string): string | undefined {
  return errmsgByErrcode
    .get(errcode)
    ?.replace('{ip}', callerIp)
    .replace('{ipv6}', callerIp.includes(':') ? callerIp : `::ffff:${callerIp}`)
}
