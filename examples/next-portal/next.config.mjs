// As `create-next-app` configures it. The libraries may lie above this folder, as they do in this repository.

export default {
  cacheComponents: true,
  partialPrefetching: true,
  turbopack: { root: process.env.REPOSITORY },
};
