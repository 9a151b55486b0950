import { coWechatOauth } from '../../clients/co-wechat-oauth.ts'
import { tryClient } from '../try-client.ts'

tryClient(coWechatOauth)
