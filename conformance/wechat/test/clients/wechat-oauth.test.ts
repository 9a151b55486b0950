import { wechatOauth } from '../../clients/wechat-oauth.ts'
import { tryClient } from '../try-client.ts'

tryClient(wechatOauth)
