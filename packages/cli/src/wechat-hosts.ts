/** WeChat's own API hosts; the last four are for the nearest region and for disasters. [WX-6] */
export const wechatHosts = ['api', 'api2', 'sh.api', 'sz.api', 'hk.api'].map(
  (h) => `${h}.weixin.qq.com`,
)

/** An origin and nothing else: credentials, another port or a path are not WeChat's. */
export function isWechatItself(wechatApi: string): boolean {
  const url = URL.canParse(wechatApi) ? new URL(wechatApi) : undefined
  return wechatHosts.some((host) => url?.href === `https://${host}/`)
}
