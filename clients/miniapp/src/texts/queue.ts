import { area } from './area'

export default area({
  'zh-CN': { title: '排队' },
  'zh-TW': { title: '候診' },
  en: { title: 'Queue' },
})
