import { coWechatApi } from '../../clients/co-wechat-api.ts'
import { tryClient } from '../try-client.ts'

tryClient(coWechatApi)
