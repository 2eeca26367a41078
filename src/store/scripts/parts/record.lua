-- record: '1 <created> <exchanged or 0> <expires> <session ttl> <suffix> <slug> <epoch>' LF <grant> LF <user agent>
--         (times in Unix ms of this server; <epoch>: of a ticket, the replication ID this had at the mint; or '-')
--         A later release may write version 2, with more fields in the head and more lines at the end. They are kept.

local HEAD = '^[12] (%d+) (%d+) (%d+) (%d+) (%w+) ([%w-]+) (%S+)([^\n]*)\n([^\n]*)\n([^\n]*)(.*)$'
