// The libraries may lie above this folder, as they do in this repository.

export default { turbopack: { root: process.env.REPOSITORY } };
