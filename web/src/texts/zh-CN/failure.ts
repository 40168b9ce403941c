import type { Texts } from '..'

export const failure: Texts['failure'] = {
  title: '操作未成功',
  unreachable: '无法连接服务器。请检查网络后重试。',
  unexpected: '发生了意外错误。',
  retryAfter: (seconds) => (seconds > 90 ? `请在 ${Math.ceil(seconds / 60)} 分钟后重试。` : `请在 ${seconds} 秒后重试。`),
  requestId: (id) => `请求 ${id}`,
  notFoundTitle: '页面不存在',
  notFound: '地址可能有误，或内容已不在。',
  toHome: '返回首页',
}
