import { area } from './area'

export default area({
  'zh-CN': { title: '消息' },
  'zh-TW': { title: '訊息' },
  en: { title: 'Messages' },
})
