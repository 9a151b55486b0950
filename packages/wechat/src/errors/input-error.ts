/** An option or a parameter is wrong; nothing was sent. The message never repeats the value. */
export class WechatInputError extends TypeError {
  override readonly name = 'WechatInputError'
  /** The option or parameter, for example `js_code`. */
  readonly parameter: string

  constructor(parameter: string, problem: string) {
    super(`${parameter} ${problem}`)
    this.parameter = parameter
  }
}
