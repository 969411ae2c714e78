/** What every page says. */
export default {
  problem: {
    'zh-CN': {
      network: '网络不通，请检查网线或稍后再试。',
      server: '服务器暂时没有回应，请稍后再试。',
      again: '再试一次',
      lost: '连接中断，正在重连。屏幕上是 {time} 的情况。',
      back: '已恢复连接',
    },
    en: {
      network: 'There is no network. Check the cable or try again in a moment.',
      server: 'The server does not answer. Please try again in a moment.',
      again: 'Try again',
      lost: 'The connection is lost and being restored. You see how it was at {time}.',
      back: 'Connected again',
    },
  },
  act: {
    'zh-CN': {
      save: '保存',
      cancel: '取消',
      confirm: '确定',
      close: '关闭',
      search: '搜索',
      more: '显示更多',
      refresh: '刷新',
      undo: '撤销',
    },
    en: {
      save: 'Save',
      cancel: 'Cancel',
      confirm: 'Confirm',
      close: 'Close',
      search: 'Search',
      more: 'Show more',
      refresh: 'Refresh',
      undo: 'Undo',
    },
  },
  span: {
    'zh-CN': { dh: '{d} 天 {h} 小时', hm: '{h} 小时 {m} 分', m: '{m} 分', s: '{s} 秒' },
    en: { dh: '{d} d {h} h', hm: '{h} h {m} min', m: '{m} min', s: '{s} s' },
  },
  time: {
    'zh-CN': { minutes: '{n} 分钟', justNow: '刚刚', ago: '{n} 分钟前', today: '今天', tomorrow: '明天' },
    en: { minutes: '{n} min', justNow: 'just now', ago: '{n} min ago', today: 'today', tomorrow: 'tomorrow' },
  },
}
