-- index:  a sorted set for each user, scored by time of creation. A member is
--         <suffix: 8><state: 1><digest of the live credential: 43><start of the ticket's digest: 8, once spent>
--         state: t pending, b active, r revoked, e ended. Members of dead sessions stay for a while: they
--         tell the operator why a credential is refused.

local function suffix_of(member) return string.sub(member, 1, 8) end
local function state_of(member) return string.sub(member, 9, 9) end
