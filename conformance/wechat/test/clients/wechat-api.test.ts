import { wechatApi } from '../../clients/wechat-api.ts'
import { tryClient } from '../try-client.ts'

tryClient(wechatApi)
