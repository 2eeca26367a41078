// A stock Next.js, in either of its two habits about the slash at the end.

export default {
  trailingSlash: process.env.TRAILING_SLASH === "true",
  // Its copy is below target/, its libraries below tests/.
  turbopack: { root: process.env.REPOSITORY },
};
