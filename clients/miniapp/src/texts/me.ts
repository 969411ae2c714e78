import { area } from './area'

export default area({
  'zh-CN': { title: '我的' },
  'zh-TW': { title: '我的' },
  en: { title: 'Me' },
})
