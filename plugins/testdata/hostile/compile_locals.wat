;; Takes a compiler seconds and half a gigabyte: each of a thousand locals has to be carried
;; past a thousand places where paths meet.
(module
  (memory (export "memory") 1)
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (if (local.get 0) (then (local.set 1 (local.get 0))))
    (if (local.get 0) (then (local.set 2 (local.get 0))))
    (if (local.get 0) (then (local.set 3 (local.get 0))))
    (if (local.get 0) (then (local.set 4 (local.get 0))))
    (if (local.get 0) (then (local.set 5 (local.get 0))))
    (if (local.get 0) (then (local.set 6 (local.get 0))))
    (if (local.get 0) (then (local.set 7 (local.get 0))))
    (if (local.get 0) (then (local.set 8 (local.get 0))))
    (if (local.get 0) (then (local.set 9 (local.get 0))))
    (if (local.get 0) (then (local.set 10 (local.get 0))))
    (if (local.get 0) (then (local.set 11 (local.get 0))))
    (if (local.get 0) (then (local.set 12 (local.get 0))))
    (if (local.get 0) (then (local.set 13 (local.get 0))))
    (if (local.get 0) (then (local.set 14 (local.get 0))))
    (if (local.get 0) (then (local.set 15 (local.get 0))))
    (if (local.get 0) (then (local.set 16 (local.get 0))))
    (if (local.get 0) (then (local.set 17 (local.get 0))))
    (if (local.get 0) (then (local.set 18 (local.get 0))))
    (if (local.get 0) (then (local.set 19 (local.get 0))))
    (if (local.get 0) (then (local.set 20 (local.get 0))))
    (if (local.get 0) (then (local.set 21 (local.get 0))))
    (if (local.get 0) (then (local.set 22 (local.get 0))))
    (if (local.get 0) (then (local.set 23 (local.get 0))))
    (if (local.get 0) (then (local.set 24 (local.get 0))))
    (if (local.get 0) (then (local.set 25 (local.get 0))))
    (if (local.get 0) (then (local.set 26 (local.get 0))))
    (if (local.get 0) (then (local.set 27 (local.get 0))))
    (if (local.get 0) (then (local.set 28 (local.get 0))))
    (if (local.get 0) (then (local.set 29 (local.get 0))))
    (if (local.get 0) (then (local.set 30 (local.get 0))))
    (if (local.get 0) (then (local.set 31 (local.get 0))))
    (if (local.get 0) (then (local.set 32 (local.get 0))))
    (if (local.get 0) (then (local.set 33 (local.get 0))))
    (if (local.get 0) (then (local.set 34 (local.get 0))))
    (if (local.get 0) (then (local.set 35 (local.get 0))))
    (if (local.get 0) (then (local.set 36 (local.get 0))))
    (if (local.get 0) (then (local.set 37 (local.get 0))))
    (if (local.get 0) (then (local.set 38 (local.get 0))))
    (if (local.get 0) (then (local.set 39 (local.get 0))))
    (if (local.get 0) (then (local.set 40 (local.get 0))))
    (if (local.get 0) (then (local.set 41 (local.get 0))))
    (if (local.get 0) (then (local.set 42 (local.get 0))))
    (if (local.get 0) (then (local.set 43 (local.get 0))))
    (if (local.get 0) (then (local.set 44 (local.get 0))))
    (if (local.get 0) (then (local.set 45 (local.get 0))))
    (if (local.get 0) (then (local.set 46 (local.get 0))))
    (if (local.get 0) (then (local.set 47 (local.get 0))))
    (if (local.get 0) (then (local.set 48 (local.get 0))))
    (if (local.get 0) (then (local.set 49 (local.get 0))))
    (if (local.get 0) (then (local.set 50 (local.get 0))))
    (if (local.get 0) (then (local.set 51 (local.get 0))))
    (if (local.get 0) (then (local.set 52 (local.get 0))))
    (if (local.get 0) (then (local.set 53 (local.get 0))))
    (if (local.get 0) (then (local.set 54 (local.get 0))))
    (if (local.get 0) (then (local.set 55 (local.get 0))))
    (if (local.get 0) (then (local.set 56 (local.get 0))))
    (if (local.get 0) (then (local.set 57 (local.get 0))))
    (if (local.get 0) (then (local.set 58 (local.get 0))))
    (if (local.get 0) (then (local.set 59 (local.get 0))))
    (if (local.get 0) (then (local.set 60 (local.get 0))))
    (if (local.get 0) (then (local.set 61 (local.get 0))))
    (if (local.get 0) (then (local.set 62 (local.get 0))))
    (if (local.get 0) (then (local.set 63 (local.get 0))))
    (if (local.get 0) (then (local.set 64 (local.get 0))))
    (if (local.get 0) (then (local.set 65 (local.get 0))))
    (if (local.get 0) (then (local.set 66 (local.get 0))))
    (if (local.get 0) (then (local.set 67 (local.get 0))))
    (if (local.get 0) (then (local.set 68 (local.get 0))))
    (if (local.get 0) (then (local.set 69 (local.get 0))))
    (if (local.get 0) (then (local.set 70 (local.get 0))))
    (if (local.get 0) (then (local.set 71 (local.get 0))))
    (if (local.get 0) (then (local.set 72 (local.get 0))))
    (if (local.get 0) (then (local.set 73 (local.get 0))))
    (if (local.get 0) (then (local.set 74 (local.get 0))))
    (if (local.get 0) (then (local.set 75 (local.get 0))))
    (if (local.get 0) (then (local.set 76 (local.get 0))))
    (if (local.get 0) (then (local.set 77 (local.get 0))))
    (if (local.get 0) (then (local.set 78 (local.get 0))))
    (if (local.get 0) (then (local.set 79 (local.get 0))))
    (if (local.get 0) (then (local.set 80 (local.get 0))))
    (if (local.get 0) (then (local.set 81 (local.get 0))))
    (if (local.get 0) (then (local.set 82 (local.get 0))))
    (if (local.get 0) (then (local.set 83 (local.get 0))))
    (if (local.get 0) (then (local.set 84 (local.get 0))))
    (if (local.get 0) (then (local.set 85 (local.get 0))))
    (if (local.get 0) (then (local.set 86 (local.get 0))))
    (if (local.get 0) (then (local.set 87 (local.get 0))))
    (if (local.get 0) (then (local.set 88 (local.get 0))))
    (if (local.get 0) (then (local.set 89 (local.get 0))))
    (if (local.get 0) (then (local.set 90 (local.get 0))))
    (if (local.get 0) (then (local.set 91 (local.get 0))))
    (if (local.get 0) (then (local.set 92 (local.get 0))))
    (if (local.get 0) (then (local.set 93 (local.get 0))))
    (if (local.get 0) (then (local.set 94 (local.get 0))))
    (if (local.get 0) (then (local.set 95 (local.get 0))))
    (if (local.get 0) (then (local.set 96 (local.get 0))))
    (if (local.get 0) (then (local.set 97 (local.get 0))))
    (if (local.get 0) (then (local.set 98 (local.get 0))))
    (if (local.get 0) (then (local.set 99 (local.get 0))))
    (if (local.get 0) (then (local.set 100 (local.get 0))))
    (if (local.get 0) (then (local.set 101 (local.get 0))))
    (if (local.get 0) (then (local.set 102 (local.get 0))))
    (if (local.get 0) (then (local.set 103 (local.get 0))))
    (if (local.get 0) (then (local.set 104 (local.get 0))))
    (if (local.get 0) (then (local.set 105 (local.get 0))))
    (if (local.get 0) (then (local.set 106 (local.get 0))))
    (if (local.get 0) (then (local.set 107 (local.get 0))))
    (if (local.get 0) (then (local.set 108 (local.get 0))))
    (if (local.get 0) (then (local.set 109 (local.get 0))))
    (if (local.get 0) (then (local.set 110 (local.get 0))))
    (if (local.get 0) (then (local.set 111 (local.get 0))))
    (if (local.get 0) (then (local.set 112 (local.get 0))))
    (if (local.get 0) (then (local.set 113 (local.get 0))))
    (if (local.get 0) (then (local.set 114 (local.get 0))))
    (if (local.get 0) (then (local.set 115 (local.get 0))))
    (if (local.get 0) (then (local.set 116 (local.get 0))))
    (if (local.get 0) (then (local.set 117 (local.get 0))))
    (if (local.get 0) (then (local.set 118 (local.get 0))))
    (if (local.get 0) (then (local.set 119 (local.get 0))))
    (if (local.get 0) (then (local.set 120 (local.get 0))))
    (if (local.get 0) (then (local.set 121 (local.get 0))))
    (if (local.get 0) (then (local.set 122 (local.get 0))))
    (if (local.get 0) (then (local.set 123 (local.get 0))))
    (if (local.get 0) (then (local.set 124 (local.get 0))))
    (if (local.get 0) (then (local.set 125 (local.get 0))))
    (if (local.get 0) (then (local.set 126 (local.get 0))))
    (if (local.get 0) (then (local.set 127 (local.get 0))))
    (if (local.get 0) (then (local.set 128 (local.get 0))))
    (if (local.get 0) (then (local.set 129 (local.get 0))))
    (if (local.get 0) (then (local.set 130 (local.get 0))))
    (if (local.get 0) (then (local.set 131 (local.get 0))))
    (if (local.get 0) (then (local.set 132 (local.get 0))))
    (if (local.get 0) (then (local.set 133 (local.get 0))))
    (if (local.get 0) (then (local.set 134 (local.get 0))))
    (if (local.get 0) (then (local.set 135 (local.get 0))))
    (if (local.get 0) (then (local.set 136 (local.get 0))))
    (if (local.get 0) (then (local.set 137 (local.get 0))))
    (if (local.get 0) (then (local.set 138 (local.get 0))))
    (if (local.get 0) (then (local.set 139 (local.get 0))))
    (if (local.get 0) (then (local.set 140 (local.get 0))))
    (if (local.get 0) (then (local.set 141 (local.get 0))))
    (if (local.get 0) (then (local.set 142 (local.get 0))))
    (if (local.get 0) (then (local.set 143 (local.get 0))))
    (if (local.get 0) (then (local.set 144 (local.get 0))))
    (if (local.get 0) (then (local.set 145 (local.get 0))))
    (if (local.get 0) (then (local.set 146 (local.get 0))))
    (if (local.get 0) (then (local.set 147 (local.get 0))))
    (if (local.get 0) (then (local.set 148 (local.get 0))))
    (if (local.get 0) (then (local.set 149 (local.get 0))))
    (if (local.get 0) (then (local.set 150 (local.get 0))))
    (if (local.get 0) (then (local.set 151 (local.get 0))))
    (if (local.get 0) (then (local.set 152 (local.get 0))))
    (if (local.get 0) (then (local.set 153 (local.get 0))))
    (if (local.get 0) (then (local.set 154 (local.get 0))))
    (if (local.get 0) (then (local.set 155 (local.get 0))))
    (if (local.get 0) (then (local.set 156 (local.get 0))))
    (if (local.get 0) (then (local.set 157 (local.get 0))))
    (if (local.get 0) (then (local.set 158 (local.get 0))))
    (if (local.get 0) (then (local.set 159 (local.get 0))))
    (if (local.get 0) (then (local.set 160 (local.get 0))))
    (if (local.get 0) (then (local.set 161 (local.get 0))))
    (if (local.get 0) (then (local.set 162 (local.get 0))))
    (if (local.get 0) (then (local.set 163 (local.get 0))))
    (if (local.get 0) (then (local.set 164 (local.get 0))))
    (if (local.get 0) (then (local.set 165 (local.get 0))))
    (if (local.get 0) (then (local.set 166 (local.get 0))))
    (if (local.get 0) (then (local.set 167 (local.get 0))))
    (if (local.get 0) (then (local.set 168 (local.get 0))))
    (if (local.get 0) (then (local.set 169 (local.get 0))))
    (if (local.get 0) (then (local.set 170 (local.get 0))))
    (if (local.get 0) (then (local.set 171 (local.get 0))))
    (if (local.get 0) (then (local.set 172 (local.get 0))))
    (if (local.get 0) (then (local.set 173 (local.get 0))))
    (if (local.get 0) (then (local.set 174 (local.get 0))))
    (if (local.get 0) (then (local.set 175 (local.get 0))))
    (if (local.get 0) (then (local.set 176 (local.get 0))))
    (if (local.get 0) (then (local.set 177 (local.get 0))))
    (if (local.get 0) (then (local.set 178 (local.get 0))))
    (if (local.get 0) (then (local.set 179 (local.get 0))))
    (if (local.get 0) (then (local.set 180 (local.get 0))))
    (if (local.get 0) (then (local.set 181 (local.get 0))))
    (if (local.get 0) (then (local.set 182 (local.get 0))))
    (if (local.get 0) (then (local.set 183 (local.get 0))))
    (if (local.get 0) (then (local.set 184 (local.get 0))))
    (if (local.get 0) (then (local.set 185 (local.get 0))))
    (if (local.get 0) (then (local.set 186 (local.get 0))))
    (if (local.get 0) (then (local.set 187 (local.get 0))))
    (if (local.get 0) (then (local.set 188 (local.get 0))))
    (if (local.get 0) (then (local.set 189 (local.get 0))))
    (if (local.get 0) (then (local.set 190 (local.get 0))))
    (if (local.get 0) (then (local.set 191 (local.get 0))))
    (if (local.get 0) (then (local.set 192 (local.get 0))))
    (if (local.get 0) (then (local.set 193 (local.get 0))))
    (if (local.get 0) (then (local.set 194 (local.get 0))))
    (if (local.get 0) (then (local.set 195 (local.get 0))))
    (if (local.get 0) (then (local.set 196 (local.get 0))))
    (if (local.get 0) (then (local.set 197 (local.get 0))))
    (if (local.get 0) (then (local.set 198 (local.get 0))))
    (if (local.get 0) (then (local.set 199 (local.get 0))))
    (if (local.get 0) (then (local.set 200 (local.get 0))))
    (if (local.get 0) (then (local.set 201 (local.get 0))))
    (if (local.get 0) (then (local.set 202 (local.get 0))))
    (if (local.get 0) (then (local.set 203 (local.get 0))))
    (if (local.get 0) (then (local.set 204 (local.get 0))))
    (if (local.get 0) (then (local.set 205 (local.get 0))))
    (if (local.get 0) (then (local.set 206 (local.get 0))))
    (if (local.get 0) (then (local.set 207 (local.get 0))))
    (if (local.get 0) (then (local.set 208 (local.get 0))))
    (if (local.get 0) (then (local.set 209 (local.get 0))))
    (if (local.get 0) (then (local.set 210 (local.get 0))))
    (if (local.get 0) (then (local.set 211 (local.get 0))))
    (if (local.get 0) (then (local.set 212 (local.get 0))))
    (if (local.get 0) (then (local.set 213 (local.get 0))))
    (if (local.get 0) (then (local.set 214 (local.get 0))))
    (if (local.get 0) (then (local.set 215 (local.get 0))))
    (if (local.get 0) (then (local.set 216 (local.get 0))))
    (if (local.get 0) (then (local.set 217 (local.get 0))))
    (if (local.get 0) (then (local.set 218 (local.get 0))))
    (if (local.get 0) (then (local.set 219 (local.get 0))))
    (if (local.get 0) (then (local.set 220 (local.get 0))))
    (if (local.get 0) (then (local.set 221 (local.get 0))))
    (if (local.get 0) (then (local.set 222 (local.get 0))))
    (if (local.get 0) (then (local.set 223 (local.get 0))))
    (if (local.get 0) (then (local.set 224 (local.get 0))))
    (if (local.get 0) (then (local.set 225 (local.get 0))))
    (if (local.get 0) (then (local.set 226 (local.get 0))))
    (if (local.get 0) (then (local.set 227 (local.get 0))))
    (if (local.get 0) (then (local.set 228 (local.get 0))))
    (if (local.get 0) (then (local.set 229 (local.get 0))))
    (if (local.get 0) (then (local.set 230 (local.get 0))))
    (if (local.get 0) (then (local.set 231 (local.get 0))))
    (if (local.get 0) (then (local.set 232 (local.get 0))))
    (if (local.get 0) (then (local.set 233 (local.get 0))))
    (if (local.get 0) (then (local.set 234 (local.get 0))))
    (if (local.get 0) (then (local.set 235 (local.get 0))))
    (if (local.get 0) (then (local.set 236 (local.get 0))))
    (if (local.get 0) (then (local.set 237 (local.get 0))))
    (if (local.get 0) (then (local.set 238 (local.get 0))))
    (if (local.get 0) (then (local.set 239 (local.get 0))))
    (if (local.get 0) (then (local.set 240 (local.get 0))))
    (if (local.get 0) (then (local.set 241 (local.get 0))))
    (if (local.get 0) (then (local.set 242 (local.get 0))))
    (if (local.get 0) (then (local.set 243 (local.get 0))))
    (if (local.get 0) (then (local.set 244 (local.get 0))))
    (if (local.get 0) (then (local.set 245 (local.get 0))))
    (if (local.get 0) (then (local.set 246 (local.get 0))))
    (if (local.get 0) (then (local.set 247 (local.get 0))))
    (if (local.get 0) (then (local.set 248 (local.get 0))))
    (if (local.get 0) (then (local.set 249 (local.get 0))))
    (if (local.get 0) (then (local.set 250 (local.get 0))))
    (if (local.get 0) (then (local.set 251 (local.get 0))))
    (if (local.get 0) (then (local.set 252 (local.get 0))))
    (if (local.get 0) (then (local.set 253 (local.get 0))))
    (if (local.get 0) (then (local.set 254 (local.get 0))))
    (if (local.get 0) (then (local.set 255 (local.get 0))))
    (if (local.get 0) (then (local.set 256 (local.get 0))))
    (if (local.get 0) (then (local.set 257 (local.get 0))))
    (if (local.get 0) (then (local.set 258 (local.get 0))))
    (if (local.get 0) (then (local.set 259 (local.get 0))))
    (if (local.get 0) (then (local.set 260 (local.get 0))))
    (if (local.get 0) (then (local.set 261 (local.get 0))))
    (if (local.get 0) (then (local.set 262 (local.get 0))))
    (if (local.get 0) (then (local.set 263 (local.get 0))))
    (if (local.get 0) (then (local.set 264 (local.get 0))))
    (if (local.get 0) (then (local.set 265 (local.get 0))))
    (if (local.get 0) (then (local.set 266 (local.get 0))))
    (if (local.get 0) (then (local.set 267 (local.get 0))))
    (if (local.get 0) (then (local.set 268 (local.get 0))))
    (if (local.get 0) (then (local.set 269 (local.get 0))))
    (if (local.get 0) (then (local.set 270 (local.get 0))))
    (if (local.get 0) (then (local.set 271 (local.get 0))))
    (if (local.get 0) (then (local.set 272 (local.get 0))))
    (if (local.get 0) (then (local.set 273 (local.get 0))))
    (if (local.get 0) (then (local.set 274 (local.get 0))))
    (if (local.get 0) (then (local.set 275 (local.get 0))))
    (if (local.get 0) (then (local.set 276 (local.get 0))))
    (if (local.get 0) (then (local.set 277 (local.get 0))))
    (if (local.get 0) (then (local.set 278 (local.get 0))))
    (if (local.get 0) (then (local.set 279 (local.get 0))))
    (if (local.get 0) (then (local.set 280 (local.get 0))))
    (if (local.get 0) (then (local.set 281 (local.get 0))))
    (if (local.get 0) (then (local.set 282 (local.get 0))))
    (if (local.get 0) (then (local.set 283 (local.get 0))))
    (if (local.get 0) (then (local.set 284 (local.get 0))))
    (if (local.get 0) (then (local.set 285 (local.get 0))))
    (if (local.get 0) (then (local.set 286 (local.get 0))))
    (if (local.get 0) (then (local.set 287 (local.get 0))))
    (if (local.get 0) (then (local.set 288 (local.get 0))))
    (if (local.get 0) (then (local.set 289 (local.get 0))))
    (if (local.get 0) (then (local.set 290 (local.get 0))))
    (if (local.get 0) (then (local.set 291 (local.get 0))))
    (if (local.get 0) (then (local.set 292 (local.get 0))))
    (if (local.get 0) (then (local.set 293 (local.get 0))))
    (if (local.get 0) (then (local.set 294 (local.get 0))))
    (if (local.get 0) (then (local.set 295 (local.get 0))))
    (if (local.get 0) (then (local.set 296 (local.get 0))))
    (if (local.get 0) (then (local.set 297 (local.get 0))))
    (if (local.get 0) (then (local.set 298 (local.get 0))))
    (if (local.get 0) (then (local.set 299 (local.get 0))))
    (if (local.get 0) (then (local.set 300 (local.get 0))))
    (if (local.get 0) (then (local.set 301 (local.get 0))))
    (if (local.get 0) (then (local.set 302 (local.get 0))))
    (if (local.get 0) (then (local.set 303 (local.get 0))))
    (if (local.get 0) (then (local.set 304 (local.get 0))))
    (if (local.get 0) (then (local.set 305 (local.get 0))))
    (if (local.get 0) (then (local.set 306 (local.get 0))))
    (if (local.get 0) (then (local.set 307 (local.get 0))))
    (if (local.get 0) (then (local.set 308 (local.get 0))))
    (if (local.get 0) (then (local.set 309 (local.get 0))))
    (if (local.get 0) (then (local.set 310 (local.get 0))))
    (if (local.get 0) (then (local.set 311 (local.get 0))))
    (if (local.get 0) (then (local.set 312 (local.get 0))))
    (if (local.get 0) (then (local.set 313 (local.get 0))))
    (if (local.get 0) (then (local.set 314 (local.get 0))))
    (if (local.get 0) (then (local.set 315 (local.get 0))))
    (if (local.get 0) (then (local.set 316 (local.get 0))))
    (if (local.get 0) (then (local.set 317 (local.get 0))))
    (if (local.get 0) (then (local.set 318 (local.get 0))))
    (if (local.get 0) (then (local.set 319 (local.get 0))))
    (if (local.get 0) (then (local.set 320 (local.get 0))))
    (if (local.get 0) (then (local.set 321 (local.get 0))))
    (if (local.get 0) (then (local.set 322 (local.get 0))))
    (if (local.get 0) (then (local.set 323 (local.get 0))))
    (if (local.get 0) (then (local.set 324 (local.get 0))))
    (if (local.get 0) (then (local.set 325 (local.get 0))))
    (if (local.get 0) (then (local.set 326 (local.get 0))))
    (if (local.get 0) (then (local.set 327 (local.get 0))))
    (if (local.get 0) (then (local.set 328 (local.get 0))))
    (if (local.get 0) (then (local.set 329 (local.get 0))))
    (if (local.get 0) (then (local.set 330 (local.get 0))))
    (if (local.get 0) (then (local.set 331 (local.get 0))))
    (if (local.get 0) (then (local.set 332 (local.get 0))))
    (if (local.get 0) (then (local.set 333 (local.get 0))))
    (if (local.get 0) (then (local.set 334 (local.get 0))))
    (if (local.get 0) (then (local.set 335 (local.get 0))))
    (if (local.get 0) (then (local.set 336 (local.get 0))))
    (if (local.get 0) (then (local.set 337 (local.get 0))))
    (if (local.get 0) (then (local.set 338 (local.get 0))))
    (if (local.get 0) (then (local.set 339 (local.get 0))))
    (if (local.get 0) (then (local.set 340 (local.get 0))))
    (if (local.get 0) (then (local.set 341 (local.get 0))))
    (if (local.get 0) (then (local.set 342 (local.get 0))))
    (if (local.get 0) (then (local.set 343 (local.get 0))))
    (if (local.get 0) (then (local.set 344 (local.get 0))))
    (if (local.get 0) (then (local.set 345 (local.get 0))))
    (if (local.get 0) (then (local.set 346 (local.get 0))))
    (if (local.get 0) (then (local.set 347 (local.get 0))))
    (if (local.get 0) (then (local.set 348 (local.get 0))))
    (if (local.get 0) (then (local.set 349 (local.get 0))))
    (if (local.get 0) (then (local.set 350 (local.get 0))))
    (if (local.get 0) (then (local.set 351 (local.get 0))))
    (if (local.get 0) (then (local.set 352 (local.get 0))))
    (if (local.get 0) (then (local.set 353 (local.get 0))))
    (if (local.get 0) (then (local.set 354 (local.get 0))))
    (if (local.get 0) (then (local.set 355 (local.get 0))))
    (if (local.get 0) (then (local.set 356 (local.get 0))))
    (if (local.get 0) (then (local.set 357 (local.get 0))))
    (if (local.get 0) (then (local.set 358 (local.get 0))))
    (if (local.get 0) (then (local.set 359 (local.get 0))))
    (if (local.get 0) (then (local.set 360 (local.get 0))))
    (if (local.get 0) (then (local.set 361 (local.get 0))))
    (if (local.get 0) (then (local.set 362 (local.get 0))))
    (if (local.get 0) (then (local.set 363 (local.get 0))))
    (if (local.get 0) (then (local.set 364 (local.get 0))))
    (if (local.get 0) (then (local.set 365 (local.get 0))))
    (if (local.get 0) (then (local.set 366 (local.get 0))))
    (if (local.get 0) (then (local.set 367 (local.get 0))))
    (if (local.get 0) (then (local.set 368 (local.get 0))))
    (if (local.get 0) (then (local.set 369 (local.get 0))))
    (if (local.get 0) (then (local.set 370 (local.get 0))))
    (if (local.get 0) (then (local.set 371 (local.get 0))))
    (if (local.get 0) (then (local.set 372 (local.get 0))))
    (if (local.get 0) (then (local.set 373 (local.get 0))))
    (if (local.get 0) (then (local.set 374 (local.get 0))))
    (if (local.get 0) (then (local.set 375 (local.get 0))))
    (if (local.get 0) (then (local.set 376 (local.get 0))))
    (if (local.get 0) (then (local.set 377 (local.get 0))))
    (if (local.get 0) (then (local.set 378 (local.get 0))))
    (if (local.get 0) (then (local.set 379 (local.get 0))))
    (if (local.get 0) (then (local.set 380 (local.get 0))))
    (if (local.get 0) (then (local.set 381 (local.get 0))))
    (if (local.get 0) (then (local.set 382 (local.get 0))))
    (if (local.get 0) (then (local.set 383 (local.get 0))))
    (if (local.get 0) (then (local.set 384 (local.get 0))))
    (if (local.get 0) (then (local.set 385 (local.get 0))))
    (if (local.get 0) (then (local.set 386 (local.get 0))))
    (if (local.get 0) (then (local.set 387 (local.get 0))))
    (if (local.get 0) (then (local.set 388 (local.get 0))))
    (if (local.get 0) (then (local.set 389 (local.get 0))))
    (if (local.get 0) (then (local.set 390 (local.get 0))))
    (if (local.get 0) (then (local.set 391 (local.get 0))))
    (if (local.get 0) (then (local.set 392 (local.get 0))))
    (if (local.get 0) (then (local.set 393 (local.get 0))))
    (if (local.get 0) (then (local.set 394 (local.get 0))))
    (if (local.get 0) (then (local.set 395 (local.get 0))))
    (if (local.get 0) (then (local.set 396 (local.get 0))))
    (if (local.get 0) (then (local.set 397 (local.get 0))))
    (if (local.get 0) (then (local.set 398 (local.get 0))))
    (if (local.get 0) (then (local.set 399 (local.get 0))))
    (if (local.get 0) (then (local.set 400 (local.get 0))))
    (if (local.get 0) (then (local.set 401 (local.get 0))))
    (if (local.get 0) (then (local.set 402 (local.get 0))))
    (if (local.get 0) (then (local.set 403 (local.get 0))))
    (if (local.get 0) (then (local.set 404 (local.get 0))))
    (if (local.get 0) (then (local.set 405 (local.get 0))))
    (if (local.get 0) (then (local.set 406 (local.get 0))))
    (if (local.get 0) (then (local.set 407 (local.get 0))))
    (if (local.get 0) (then (local.set 408 (local.get 0))))
    (if (local.get 0) (then (local.set 409 (local.get 0))))
    (if (local.get 0) (then (local.set 410 (local.get 0))))
    (if (local.get 0) (then (local.set 411 (local.get 0))))
    (if (local.get 0) (then (local.set 412 (local.get 0))))
    (if (local.get 0) (then (local.set 413 (local.get 0))))
    (if (local.get 0) (then (local.set 414 (local.get 0))))
    (if (local.get 0) (then (local.set 415 (local.get 0))))
    (if (local.get 0) (then (local.set 416 (local.get 0))))
    (if (local.get 0) (then (local.set 417 (local.get 0))))
    (if (local.get 0) (then (local.set 418 (local.get 0))))
    (if (local.get 0) (then (local.set 419 (local.get 0))))
    (if (local.get 0) (then (local.set 420 (local.get 0))))
    (if (local.get 0) (then (local.set 421 (local.get 0))))
    (if (local.get 0) (then (local.set 422 (local.get 0))))
    (if (local.get 0) (then (local.set 423 (local.get 0))))
    (if (local.get 0) (then (local.set 424 (local.get 0))))
    (if (local.get 0) (then (local.set 425 (local.get 0))))
    (if (local.get 0) (then (local.set 426 (local.get 0))))
    (if (local.get 0) (then (local.set 427 (local.get 0))))
    (if (local.get 0) (then (local.set 428 (local.get 0))))
    (if (local.get 0) (then (local.set 429 (local.get 0))))
    (if (local.get 0) (then (local.set 430 (local.get 0))))
    (if (local.get 0) (then (local.set 431 (local.get 0))))
    (if (local.get 0) (then (local.set 432 (local.get 0))))
    (if (local.get 0) (then (local.set 433 (local.get 0))))
    (if (local.get 0) (then (local.set 434 (local.get 0))))
    (if (local.get 0) (then (local.set 435 (local.get 0))))
    (if (local.get 0) (then (local.set 436 (local.get 0))))
    (if (local.get 0) (then (local.set 437 (local.get 0))))
    (if (local.get 0) (then (local.set 438 (local.get 0))))
    (if (local.get 0) (then (local.set 439 (local.get 0))))
    (if (local.get 0) (then (local.set 440 (local.get 0))))
    (if (local.get 0) (then (local.set 441 (local.get 0))))
    (if (local.get 0) (then (local.set 442 (local.get 0))))
    (if (local.get 0) (then (local.set 443 (local.get 0))))
    (if (local.get 0) (then (local.set 444 (local.get 0))))
    (if (local.get 0) (then (local.set 445 (local.get 0))))
    (if (local.get 0) (then (local.set 446 (local.get 0))))
    (if (local.get 0) (then (local.set 447 (local.get 0))))
    (if (local.get 0) (then (local.set 448 (local.get 0))))
    (if (local.get 0) (then (local.set 449 (local.get 0))))
    (if (local.get 0) (then (local.set 450 (local.get 0))))
    (if (local.get 0) (then (local.set 451 (local.get 0))))
    (if (local.get 0) (then (local.set 452 (local.get 0))))
    (if (local.get 0) (then (local.set 453 (local.get 0))))
    (if (local.get 0) (then (local.set 454 (local.get 0))))
    (if (local.get 0) (then (local.set 455 (local.get 0))))
    (if (local.get 0) (then (local.set 456 (local.get 0))))
    (if (local.get 0) (then (local.set 457 (local.get 0))))
    (if (local.get 0) (then (local.set 458 (local.get 0))))
    (if (local.get 0) (then (local.set 459 (local.get 0))))
    (if (local.get 0) (then (local.set 460 (local.get 0))))
    (if (local.get 0) (then (local.set 461 (local.get 0))))
    (if (local.get 0) (then (local.set 462 (local.get 0))))
    (if (local.get 0) (then (local.set 463 (local.get 0))))
    (if (local.get 0) (then (local.set 464 (local.get 0))))
    (if (local.get 0) (then (local.set 465 (local.get 0))))
    (if (local.get 0) (then (local.set 466 (local.get 0))))
    (if (local.get 0) (then (local.set 467 (local.get 0))))
    (if (local.get 0) (then (local.set 468 (local.get 0))))
    (if (local.get 0) (then (local.set 469 (local.get 0))))
    (if (local.get 0) (then (local.set 470 (local.get 0))))
    (if (local.get 0) (then (local.set 471 (local.get 0))))
    (if (local.get 0) (then (local.set 472 (local.get 0))))
    (if (local.get 0) (then (local.set 473 (local.get 0))))
    (if (local.get 0) (then (local.set 474 (local.get 0))))
    (if (local.get 0) (then (local.set 475 (local.get 0))))
    (if (local.get 0) (then (local.set 476 (local.get 0))))
    (if (local.get 0) (then (local.set 477 (local.get 0))))
    (if (local.get 0) (then (local.set 478 (local.get 0))))
    (if (local.get 0) (then (local.set 479 (local.get 0))))
    (if (local.get 0) (then (local.set 480 (local.get 0))))
    (if (local.get 0) (then (local.set 481 (local.get 0))))
    (if (local.get 0) (then (local.set 482 (local.get 0))))
    (if (local.get 0) (then (local.set 483 (local.get 0))))
    (if (local.get 0) (then (local.set 484 (local.get 0))))
    (if (local.get 0) (then (local.set 485 (local.get 0))))
    (if (local.get 0) (then (local.set 486 (local.get 0))))
    (if (local.get 0) (then (local.set 487 (local.get 0))))
    (if (local.get 0) (then (local.set 488 (local.get 0))))
    (if (local.get 0) (then (local.set 489 (local.get 0))))
    (if (local.get 0) (then (local.set 490 (local.get 0))))
    (if (local.get 0) (then (local.set 491 (local.get 0))))
    (if (local.get 0) (then (local.set 492 (local.get 0))))
    (if (local.get 0) (then (local.set 493 (local.get 0))))
    (if (local.get 0) (then (local.set 494 (local.get 0))))
    (if (local.get 0) (then (local.set 495 (local.get 0))))
    (if (local.get 0) (then (local.set 496 (local.get 0))))
    (if (local.get 0) (then (local.set 497 (local.get 0))))
    (if (local.get 0) (then (local.set 498 (local.get 0))))
    (if (local.get 0) (then (local.set 499 (local.get 0))))
    (if (local.get 0) (then (local.set 500 (local.get 0))))
    (if (local.get 0) (then (local.set 501 (local.get 0))))
    (if (local.get 0) (then (local.set 502 (local.get 0))))
    (if (local.get 0) (then (local.set 503 (local.get 0))))
    (if (local.get 0) (then (local.set 504 (local.get 0))))
    (if (local.get 0) (then (local.set 505 (local.get 0))))
    (if (local.get 0) (then (local.set 506 (local.get 0))))
    (if (local.get 0) (then (local.set 507 (local.get 0))))
    (if (local.get 0) (then (local.set 508 (local.get 0))))
    (if (local.get 0) (then (local.set 509 (local.get 0))))
    (if (local.get 0) (then (local.set 510 (local.get 0))))
    (if (local.get 0) (then (local.set 511 (local.get 0))))
    (if (local.get 0) (then (local.set 512 (local.get 0))))
    (if (local.get 0) (then (local.set 513 (local.get 0))))
    (if (local.get 0) (then (local.set 514 (local.get 0))))
    (if (local.get 0) (then (local.set 515 (local.get 0))))
    (if (local.get 0) (then (local.set 516 (local.get 0))))
    (if (local.get 0) (then (local.set 517 (local.get 0))))
    (if (local.get 0) (then (local.set 518 (local.get 0))))
    (if (local.get 0) (then (local.set 519 (local.get 0))))
    (if (local.get 0) (then (local.set 520 (local.get 0))))
    (if (local.get 0) (then (local.set 521 (local.get 0))))
    (if (local.get 0) (then (local.set 522 (local.get 0))))
    (if (local.get 0) (then (local.set 523 (local.get 0))))
    (if (local.get 0) (then (local.set 524 (local.get 0))))
    (if (local.get 0) (then (local.set 525 (local.get 0))))
    (if (local.get 0) (then (local.set 526 (local.get 0))))
    (if (local.get 0) (then (local.set 527 (local.get 0))))
    (if (local.get 0) (then (local.set 528 (local.get 0))))
    (if (local.get 0) (then (local.set 529 (local.get 0))))
    (if (local.get 0) (then (local.set 530 (local.get 0))))
    (if (local.get 0) (then (local.set 531 (local.get 0))))
    (if (local.get 0) (then (local.set 532 (local.get 0))))
    (if (local.get 0) (then (local.set 533 (local.get 0))))
    (if (local.get 0) (then (local.set 534 (local.get 0))))
    (if (local.get 0) (then (local.set 535 (local.get 0))))
    (if (local.get 0) (then (local.set 536 (local.get 0))))
    (if (local.get 0) (then (local.set 537 (local.get 0))))
    (if (local.get 0) (then (local.set 538 (local.get 0))))
    (if (local.get 0) (then (local.set 539 (local.get 0))))
    (if (local.get 0) (then (local.set 540 (local.get 0))))
    (if (local.get 0) (then (local.set 541 (local.get 0))))
    (if (local.get 0) (then (local.set 542 (local.get 0))))
    (if (local.get 0) (then (local.set 543 (local.get 0))))
    (if (local.get 0) (then (local.set 544 (local.get 0))))
    (if (local.get 0) (then (local.set 545 (local.get 0))))
    (if (local.get 0) (then (local.set 546 (local.get 0))))
    (if (local.get 0) (then (local.set 547 (local.get 0))))
    (if (local.get 0) (then (local.set 548 (local.get 0))))
    (if (local.get 0) (then (local.set 549 (local.get 0))))
    (if (local.get 0) (then (local.set 550 (local.get 0))))
    (if (local.get 0) (then (local.set 551 (local.get 0))))
    (if (local.get 0) (then (local.set 552 (local.get 0))))
    (if (local.get 0) (then (local.set 553 (local.get 0))))
    (if (local.get 0) (then (local.set 554 (local.get 0))))
    (if (local.get 0) (then (local.set 555 (local.get 0))))
    (if (local.get 0) (then (local.set 556 (local.get 0))))
    (if (local.get 0) (then (local.set 557 (local.get 0))))
    (if (local.get 0) (then (local.set 558 (local.get 0))))
    (if (local.get 0) (then (local.set 559 (local.get 0))))
    (if (local.get 0) (then (local.set 560 (local.get 0))))
    (if (local.get 0) (then (local.set 561 (local.get 0))))
    (if (local.get 0) (then (local.set 562 (local.get 0))))
    (if (local.get 0) (then (local.set 563 (local.get 0))))
    (if (local.get 0) (then (local.set 564 (local.get 0))))
    (if (local.get 0) (then (local.set 565 (local.get 0))))
    (if (local.get 0) (then (local.set 566 (local.get 0))))
    (if (local.get 0) (then (local.set 567 (local.get 0))))
    (if (local.get 0) (then (local.set 568 (local.get 0))))
    (if (local.get 0) (then (local.set 569 (local.get 0))))
    (if (local.get 0) (then (local.set 570 (local.get 0))))
    (if (local.get 0) (then (local.set 571 (local.get 0))))
    (if (local.get 0) (then (local.set 572 (local.get 0))))
    (if (local.get 0) (then (local.set 573 (local.get 0))))
    (if (local.get 0) (then (local.set 574 (local.get 0))))
    (if (local.get 0) (then (local.set 575 (local.get 0))))
    (if (local.get 0) (then (local.set 576 (local.get 0))))
    (if (local.get 0) (then (local.set 577 (local.get 0))))
    (if (local.get 0) (then (local.set 578 (local.get 0))))
    (if (local.get 0) (then (local.set 579 (local.get 0))))
    (if (local.get 0) (then (local.set 580 (local.get 0))))
    (if (local.get 0) (then (local.set 581 (local.get 0))))
    (if (local.get 0) (then (local.set 582 (local.get 0))))
    (if (local.get 0) (then (local.set 583 (local.get 0))))
    (if (local.get 0) (then (local.set 584 (local.get 0))))
    (if (local.get 0) (then (local.set 585 (local.get 0))))
    (if (local.get 0) (then (local.set 586 (local.get 0))))
    (if (local.get 0) (then (local.set 587 (local.get 0))))
    (if (local.get 0) (then (local.set 588 (local.get 0))))
    (if (local.get 0) (then (local.set 589 (local.get 0))))
    (if (local.get 0) (then (local.set 590 (local.get 0))))
    (if (local.get 0) (then (local.set 591 (local.get 0))))
    (if (local.get 0) (then (local.set 592 (local.get 0))))
    (if (local.get 0) (then (local.set 593 (local.get 0))))
    (if (local.get 0) (then (local.set 594 (local.get 0))))
    (if (local.get 0) (then (local.set 595 (local.get 0))))
    (if (local.get 0) (then (local.set 596 (local.get 0))))
    (if (local.get 0) (then (local.set 597 (local.get 0))))
    (if (local.get 0) (then (local.set 598 (local.get 0))))
    (if (local.get 0) (then (local.set 599 (local.get 0))))
    (if (local.get 0) (then (local.set 600 (local.get 0))))
    (if (local.get 0) (then (local.set 601 (local.get 0))))
    (if (local.get 0) (then (local.set 602 (local.get 0))))
    (if (local.get 0) (then (local.set 603 (local.get 0))))
    (if (local.get 0) (then (local.set 604 (local.get 0))))
    (if (local.get 0) (then (local.set 605 (local.get 0))))
    (if (local.get 0) (then (local.set 606 (local.get 0))))
    (if (local.get 0) (then (local.set 607 (local.get 0))))
    (if (local.get 0) (then (local.set 608 (local.get 0))))
    (if (local.get 0) (then (local.set 609 (local.get 0))))
    (if (local.get 0) (then (local.set 610 (local.get 0))))
    (if (local.get 0) (then (local.set 611 (local.get 0))))
    (if (local.get 0) (then (local.set 612 (local.get 0))))
    (if (local.get 0) (then (local.set 613 (local.get 0))))
    (if (local.get 0) (then (local.set 614 (local.get 0))))
    (if (local.get 0) (then (local.set 615 (local.get 0))))
    (if (local.get 0) (then (local.set 616 (local.get 0))))
    (if (local.get 0) (then (local.set 617 (local.get 0))))
    (if (local.get 0) (then (local.set 618 (local.get 0))))
    (if (local.get 0) (then (local.set 619 (local.get 0))))
    (if (local.get 0) (then (local.set 620 (local.get 0))))
    (if (local.get 0) (then (local.set 621 (local.get 0))))
    (if (local.get 0) (then (local.set 622 (local.get 0))))
    (if (local.get 0) (then (local.set 623 (local.get 0))))
    (if (local.get 0) (then (local.set 624 (local.get 0))))
    (if (local.get 0) (then (local.set 625 (local.get 0))))
    (if (local.get 0) (then (local.set 626 (local.get 0))))
    (if (local.get 0) (then (local.set 627 (local.get 0))))
    (if (local.get 0) (then (local.set 628 (local.get 0))))
    (if (local.get 0) (then (local.set 629 (local.get 0))))
    (if (local.get 0) (then (local.set 630 (local.get 0))))
    (if (local.get 0) (then (local.set 631 (local.get 0))))
    (if (local.get 0) (then (local.set 632 (local.get 0))))
    (if (local.get 0) (then (local.set 633 (local.get 0))))
    (if (local.get 0) (then (local.set 634 (local.get 0))))
    (if (local.get 0) (then (local.set 635 (local.get 0))))
    (if (local.get 0) (then (local.set 636 (local.get 0))))
    (if (local.get 0) (then (local.set 637 (local.get 0))))
    (if (local.get 0) (then (local.set 638 (local.get 0))))
    (if (local.get 0) (then (local.set 639 (local.get 0))))
    (if (local.get 0) (then (local.set 640 (local.get 0))))
    (if (local.get 0) (then (local.set 641 (local.get 0))))
    (if (local.get 0) (then (local.set 642 (local.get 0))))
    (if (local.get 0) (then (local.set 643 (local.get 0))))
    (if (local.get 0) (then (local.set 644 (local.get 0))))
    (if (local.get 0) (then (local.set 645 (local.get 0))))
    (if (local.get 0) (then (local.set 646 (local.get 0))))
    (if (local.get 0) (then (local.set 647 (local.get 0))))
    (if (local.get 0) (then (local.set 648 (local.get 0))))
    (if (local.get 0) (then (local.set 649 (local.get 0))))
    (if (local.get 0) (then (local.set 650 (local.get 0))))
    (if (local.get 0) (then (local.set 651 (local.get 0))))
    (if (local.get 0) (then (local.set 652 (local.get 0))))
    (if (local.get 0) (then (local.set 653 (local.get 0))))
    (if (local.get 0) (then (local.set 654 (local.get 0))))
    (if (local.get 0) (then (local.set 655 (local.get 0))))
    (if (local.get 0) (then (local.set 656 (local.get 0))))
    (if (local.get 0) (then (local.set 657 (local.get 0))))
    (if (local.get 0) (then (local.set 658 (local.get 0))))
    (if (local.get 0) (then (local.set 659 (local.get 0))))
    (if (local.get 0) (then (local.set 660 (local.get 0))))
    (if (local.get 0) (then (local.set 661 (local.get 0))))
    (if (local.get 0) (then (local.set 662 (local.get 0))))
    (if (local.get 0) (then (local.set 663 (local.get 0))))
    (if (local.get 0) (then (local.set 664 (local.get 0))))
    (if (local.get 0) (then (local.set 665 (local.get 0))))
    (if (local.get 0) (then (local.set 666 (local.get 0))))
    (if (local.get 0) (then (local.set 667 (local.get 0))))
    (if (local.get 0) (then (local.set 668 (local.get 0))))
    (if (local.get 0) (then (local.set 669 (local.get 0))))
    (if (local.get 0) (then (local.set 670 (local.get 0))))
    (if (local.get 0) (then (local.set 671 (local.get 0))))
    (if (local.get 0) (then (local.set 672 (local.get 0))))
    (if (local.get 0) (then (local.set 673 (local.get 0))))
    (if (local.get 0) (then (local.set 674 (local.get 0))))
    (if (local.get 0) (then (local.set 675 (local.get 0))))
    (if (local.get 0) (then (local.set 676 (local.get 0))))
    (if (local.get 0) (then (local.set 677 (local.get 0))))
    (if (local.get 0) (then (local.set 678 (local.get 0))))
    (if (local.get 0) (then (local.set 679 (local.get 0))))
    (if (local.get 0) (then (local.set 680 (local.get 0))))
    (if (local.get 0) (then (local.set 681 (local.get 0))))
    (if (local.get 0) (then (local.set 682 (local.get 0))))
    (if (local.get 0) (then (local.set 683 (local.get 0))))
    (if (local.get 0) (then (local.set 684 (local.get 0))))
    (if (local.get 0) (then (local.set 685 (local.get 0))))
    (if (local.get 0) (then (local.set 686 (local.get 0))))
    (if (local.get 0) (then (local.set 687 (local.get 0))))
    (if (local.get 0) (then (local.set 688 (local.get 0))))
    (if (local.get 0) (then (local.set 689 (local.get 0))))
    (if (local.get 0) (then (local.set 690 (local.get 0))))
    (if (local.get 0) (then (local.set 691 (local.get 0))))
    (if (local.get 0) (then (local.set 692 (local.get 0))))
    (if (local.get 0) (then (local.set 693 (local.get 0))))
    (if (local.get 0) (then (local.set 694 (local.get 0))))
    (if (local.get 0) (then (local.set 695 (local.get 0))))
    (if (local.get 0) (then (local.set 696 (local.get 0))))
    (if (local.get 0) (then (local.set 697 (local.get 0))))
    (if (local.get 0) (then (local.set 698 (local.get 0))))
    (if (local.get 0) (then (local.set 699 (local.get 0))))
    (if (local.get 0) (then (local.set 700 (local.get 0))))
    (if (local.get 0) (then (local.set 701 (local.get 0))))
    (if (local.get 0) (then (local.set 702 (local.get 0))))
    (if (local.get 0) (then (local.set 703 (local.get 0))))
    (if (local.get 0) (then (local.set 704 (local.get 0))))
    (if (local.get 0) (then (local.set 705 (local.get 0))))
    (if (local.get 0) (then (local.set 706 (local.get 0))))
    (if (local.get 0) (then (local.set 707 (local.get 0))))
    (if (local.get 0) (then (local.set 708 (local.get 0))))
    (if (local.get 0) (then (local.set 709 (local.get 0))))
    (if (local.get 0) (then (local.set 710 (local.get 0))))
    (if (local.get 0) (then (local.set 711 (local.get 0))))
    (if (local.get 0) (then (local.set 712 (local.get 0))))
    (if (local.get 0) (then (local.set 713 (local.get 0))))
    (if (local.get 0) (then (local.set 714 (local.get 0))))
    (if (local.get 0) (then (local.set 715 (local.get 0))))
    (if (local.get 0) (then (local.set 716 (local.get 0))))
    (if (local.get 0) (then (local.set 717 (local.get 0))))
    (if (local.get 0) (then (local.set 718 (local.get 0))))
    (if (local.get 0) (then (local.set 719 (local.get 0))))
    (if (local.get 0) (then (local.set 720 (local.get 0))))
    (if (local.get 0) (then (local.set 721 (local.get 0))))
    (if (local.get 0) (then (local.set 722 (local.get 0))))
    (if (local.get 0) (then (local.set 723 (local.get 0))))
    (if (local.get 0) (then (local.set 724 (local.get 0))))
    (if (local.get 0) (then (local.set 725 (local.get 0))))
    (if (local.get 0) (then (local.set 726 (local.get 0))))
    (if (local.get 0) (then (local.set 727 (local.get 0))))
    (if (local.get 0) (then (local.set 728 (local.get 0))))
    (if (local.get 0) (then (local.set 729 (local.get 0))))
    (if (local.get 0) (then (local.set 730 (local.get 0))))
    (if (local.get 0) (then (local.set 731 (local.get 0))))
    (if (local.get 0) (then (local.set 732 (local.get 0))))
    (if (local.get 0) (then (local.set 733 (local.get 0))))
    (if (local.get 0) (then (local.set 734 (local.get 0))))
    (if (local.get 0) (then (local.set 735 (local.get 0))))
    (if (local.get 0) (then (local.set 736 (local.get 0))))
    (if (local.get 0) (then (local.set 737 (local.get 0))))
    (if (local.get 0) (then (local.set 738 (local.get 0))))
    (if (local.get 0) (then (local.set 739 (local.get 0))))
    (if (local.get 0) (then (local.set 740 (local.get 0))))
    (if (local.get 0) (then (local.set 741 (local.get 0))))
    (if (local.get 0) (then (local.set 742 (local.get 0))))
    (if (local.get 0) (then (local.set 743 (local.get 0))))
    (if (local.get 0) (then (local.set 744 (local.get 0))))
    (if (local.get 0) (then (local.set 745 (local.get 0))))
    (if (local.get 0) (then (local.set 746 (local.get 0))))
    (if (local.get 0) (then (local.set 747 (local.get 0))))
    (if (local.get 0) (then (local.set 748 (local.get 0))))
    (if (local.get 0) (then (local.set 749 (local.get 0))))
    (if (local.get 0) (then (local.set 750 (local.get 0))))
    (if (local.get 0) (then (local.set 751 (local.get 0))))
    (if (local.get 0) (then (local.set 752 (local.get 0))))
    (if (local.get 0) (then (local.set 753 (local.get 0))))
    (if (local.get 0) (then (local.set 754 (local.get 0))))
    (if (local.get 0) (then (local.set 755 (local.get 0))))
    (if (local.get 0) (then (local.set 756 (local.get 0))))
    (if (local.get 0) (then (local.set 757 (local.get 0))))
    (if (local.get 0) (then (local.set 758 (local.get 0))))
    (if (local.get 0) (then (local.set 759 (local.get 0))))
    (if (local.get 0) (then (local.set 760 (local.get 0))))
    (if (local.get 0) (then (local.set 761 (local.get 0))))
    (if (local.get 0) (then (local.set 762 (local.get 0))))
    (if (local.get 0) (then (local.set 763 (local.get 0))))
    (if (local.get 0) (then (local.set 764 (local.get 0))))
    (if (local.get 0) (then (local.set 765 (local.get 0))))
    (if (local.get 0) (then (local.set 766 (local.get 0))))
    (if (local.get 0) (then (local.set 767 (local.get 0))))
    (if (local.get 0) (then (local.set 768 (local.get 0))))
    (if (local.get 0) (then (local.set 769 (local.get 0))))
    (if (local.get 0) (then (local.set 770 (local.get 0))))
    (if (local.get 0) (then (local.set 771 (local.get 0))))
    (if (local.get 0) (then (local.set 772 (local.get 0))))
    (if (local.get 0) (then (local.set 773 (local.get 0))))
    (if (local.get 0) (then (local.set 774 (local.get 0))))
    (if (local.get 0) (then (local.set 775 (local.get 0))))
    (if (local.get 0) (then (local.set 776 (local.get 0))))
    (if (local.get 0) (then (local.set 777 (local.get 0))))
    (if (local.get 0) (then (local.set 778 (local.get 0))))
    (if (local.get 0) (then (local.set 779 (local.get 0))))
    (if (local.get 0) (then (local.set 780 (local.get 0))))
    (if (local.get 0) (then (local.set 781 (local.get 0))))
    (if (local.get 0) (then (local.set 782 (local.get 0))))
    (if (local.get 0) (then (local.set 783 (local.get 0))))
    (if (local.get 0) (then (local.set 784 (local.get 0))))
    (if (local.get 0) (then (local.set 785 (local.get 0))))
    (if (local.get 0) (then (local.set 786 (local.get 0))))
    (if (local.get 0) (then (local.set 787 (local.get 0))))
    (if (local.get 0) (then (local.set 788 (local.get 0))))
    (if (local.get 0) (then (local.set 789 (local.get 0))))
    (if (local.get 0) (then (local.set 790 (local.get 0))))
    (if (local.get 0) (then (local.set 791 (local.get 0))))
    (if (local.get 0) (then (local.set 792 (local.get 0))))
    (if (local.get 0) (then (local.set 793 (local.get 0))))
    (if (local.get 0) (then (local.set 794 (local.get 0))))
    (if (local.get 0) (then (local.set 795 (local.get 0))))
    (if (local.get 0) (then (local.set 796 (local.get 0))))
    (if (local.get 0) (then (local.set 797 (local.get 0))))
    (if (local.get 0) (then (local.set 798 (local.get 0))))
    (if (local.get 0) (then (local.set 799 (local.get 0))))
    (if (local.get 0) (then (local.set 800 (local.get 0))))
    (if (local.get 0) (then (local.set 801 (local.get 0))))
    (if (local.get 0) (then (local.set 802 (local.get 0))))
    (if (local.get 0) (then (local.set 803 (local.get 0))))
    (if (local.get 0) (then (local.set 804 (local.get 0))))
    (if (local.get 0) (then (local.set 805 (local.get 0))))
    (if (local.get 0) (then (local.set 806 (local.get 0))))
    (if (local.get 0) (then (local.set 807 (local.get 0))))
    (if (local.get 0) (then (local.set 808 (local.get 0))))
    (if (local.get 0) (then (local.set 809 (local.get 0))))
    (if (local.get 0) (then (local.set 810 (local.get 0))))
    (if (local.get 0) (then (local.set 811 (local.get 0))))
    (if (local.get 0) (then (local.set 812 (local.get 0))))
    (if (local.get 0) (then (local.set 813 (local.get 0))))
    (if (local.get 0) (then (local.set 814 (local.get 0))))
    (if (local.get 0) (then (local.set 815 (local.get 0))))
    (if (local.get 0) (then (local.set 816 (local.get 0))))
    (if (local.get 0) (then (local.set 817 (local.get 0))))
    (if (local.get 0) (then (local.set 818 (local.get 0))))
    (if (local.get 0) (then (local.set 819 (local.get 0))))
    (if (local.get 0) (then (local.set 820 (local.get 0))))
    (if (local.get 0) (then (local.set 821 (local.get 0))))
    (if (local.get 0) (then (local.set 822 (local.get 0))))
    (if (local.get 0) (then (local.set 823 (local.get 0))))
    (if (local.get 0) (then (local.set 824 (local.get 0))))
    (if (local.get 0) (then (local.set 825 (local.get 0))))
    (if (local.get 0) (then (local.set 826 (local.get 0))))
    (if (local.get 0) (then (local.set 827 (local.get 0))))
    (if (local.get 0) (then (local.set 828 (local.get 0))))
    (if (local.get 0) (then (local.set 829 (local.get 0))))
    (if (local.get 0) (then (local.set 830 (local.get 0))))
    (if (local.get 0) (then (local.set 831 (local.get 0))))
    (if (local.get 0) (then (local.set 832 (local.get 0))))
    (if (local.get 0) (then (local.set 833 (local.get 0))))
    (if (local.get 0) (then (local.set 834 (local.get 0))))
    (if (local.get 0) (then (local.set 835 (local.get 0))))
    (if (local.get 0) (then (local.set 836 (local.get 0))))
    (if (local.get 0) (then (local.set 837 (local.get 0))))
    (if (local.get 0) (then (local.set 838 (local.get 0))))
    (if (local.get 0) (then (local.set 839 (local.get 0))))
    (if (local.get 0) (then (local.set 840 (local.get 0))))
    (if (local.get 0) (then (local.set 841 (local.get 0))))
    (if (local.get 0) (then (local.set 842 (local.get 0))))
    (if (local.get 0) (then (local.set 843 (local.get 0))))
    (if (local.get 0) (then (local.set 844 (local.get 0))))
    (if (local.get 0) (then (local.set 845 (local.get 0))))
    (if (local.get 0) (then (local.set 846 (local.get 0))))
    (if (local.get 0) (then (local.set 847 (local.get 0))))
    (if (local.get 0) (then (local.set 848 (local.get 0))))
    (if (local.get 0) (then (local.set 849 (local.get 0))))
    (if (local.get 0) (then (local.set 850 (local.get 0))))
    (if (local.get 0) (then (local.set 851 (local.get 0))))
    (if (local.get 0) (then (local.set 852 (local.get 0))))
    (if (local.get 0) (then (local.set 853 (local.get 0))))
    (if (local.get 0) (then (local.set 854 (local.get 0))))
    (if (local.get 0) (then (local.set 855 (local.get 0))))
    (if (local.get 0) (then (local.set 856 (local.get 0))))
    (if (local.get 0) (then (local.set 857 (local.get 0))))
    (if (local.get 0) (then (local.set 858 (local.get 0))))
    (if (local.get 0) (then (local.set 859 (local.get 0))))
    (if (local.get 0) (then (local.set 860 (local.get 0))))
    (if (local.get 0) (then (local.set 861 (local.get 0))))
    (if (local.get 0) (then (local.set 862 (local.get 0))))
    (if (local.get 0) (then (local.set 863 (local.get 0))))
    (if (local.get 0) (then (local.set 864 (local.get 0))))
    (if (local.get 0) (then (local.set 865 (local.get 0))))
    (if (local.get 0) (then (local.set 866 (local.get 0))))
    (if (local.get 0) (then (local.set 867 (local.get 0))))
    (if (local.get 0) (then (local.set 868 (local.get 0))))
    (if (local.get 0) (then (local.set 869 (local.get 0))))
    (if (local.get 0) (then (local.set 870 (local.get 0))))
    (if (local.get 0) (then (local.set 871 (local.get 0))))
    (if (local.get 0) (then (local.set 872 (local.get 0))))
    (if (local.get 0) (then (local.set 873 (local.get 0))))
    (if (local.get 0) (then (local.set 874 (local.get 0))))
    (if (local.get 0) (then (local.set 875 (local.get 0))))
    (if (local.get 0) (then (local.set 876 (local.get 0))))
    (if (local.get 0) (then (local.set 877 (local.get 0))))
    (if (local.get 0) (then (local.set 878 (local.get 0))))
    (if (local.get 0) (then (local.set 879 (local.get 0))))
    (if (local.get 0) (then (local.set 880 (local.get 0))))
    (if (local.get 0) (then (local.set 881 (local.get 0))))
    (if (local.get 0) (then (local.set 882 (local.get 0))))
    (if (local.get 0) (then (local.set 883 (local.get 0))))
    (if (local.get 0) (then (local.set 884 (local.get 0))))
    (if (local.get 0) (then (local.set 885 (local.get 0))))
    (if (local.get 0) (then (local.set 886 (local.get 0))))
    (if (local.get 0) (then (local.set 887 (local.get 0))))
    (if (local.get 0) (then (local.set 888 (local.get 0))))
    (if (local.get 0) (then (local.set 889 (local.get 0))))
    (if (local.get 0) (then (local.set 890 (local.get 0))))
    (if (local.get 0) (then (local.set 891 (local.get 0))))
    (if (local.get 0) (then (local.set 892 (local.get 0))))
    (if (local.get 0) (then (local.set 893 (local.get 0))))
    (if (local.get 0) (then (local.set 894 (local.get 0))))
    (if (local.get 0) (then (local.set 895 (local.get 0))))
    (if (local.get 0) (then (local.set 896 (local.get 0))))
    (if (local.get 0) (then (local.set 897 (local.get 0))))
    (if (local.get 0) (then (local.set 898 (local.get 0))))
    (if (local.get 0) (then (local.set 899 (local.get 0))))
    (if (local.get 0) (then (local.set 900 (local.get 0))))
    (if (local.get 0) (then (local.set 901 (local.get 0))))
    (if (local.get 0) (then (local.set 902 (local.get 0))))
    (if (local.get 0) (then (local.set 903 (local.get 0))))
    (if (local.get 0) (then (local.set 904 (local.get 0))))
    (if (local.get 0) (then (local.set 905 (local.get 0))))
    (if (local.get 0) (then (local.set 906 (local.get 0))))
    (if (local.get 0) (then (local.set 907 (local.get 0))))
    (if (local.get 0) (then (local.set 908 (local.get 0))))
    (if (local.get 0) (then (local.set 909 (local.get 0))))
    (if (local.get 0) (then (local.set 910 (local.get 0))))
    (if (local.get 0) (then (local.set 911 (local.get 0))))
    (if (local.get 0) (then (local.set 912 (local.get 0))))
    (if (local.get 0) (then (local.set 913 (local.get 0))))
    (if (local.get 0) (then (local.set 914 (local.get 0))))
    (if (local.get 0) (then (local.set 915 (local.get 0))))
    (if (local.get 0) (then (local.set 916 (local.get 0))))
    (if (local.get 0) (then (local.set 917 (local.get 0))))
    (if (local.get 0) (then (local.set 918 (local.get 0))))
    (if (local.get 0) (then (local.set 919 (local.get 0))))
    (if (local.get 0) (then (local.set 920 (local.get 0))))
    (if (local.get 0) (then (local.set 921 (local.get 0))))
    (if (local.get 0) (then (local.set 922 (local.get 0))))
    (if (local.get 0) (then (local.set 923 (local.get 0))))
    (if (local.get 0) (then (local.set 924 (local.get 0))))
    (if (local.get 0) (then (local.set 925 (local.get 0))))
    (if (local.get 0) (then (local.set 926 (local.get 0))))
    (if (local.get 0) (then (local.set 927 (local.get 0))))
    (if (local.get 0) (then (local.set 928 (local.get 0))))
    (if (local.get 0) (then (local.set 929 (local.get 0))))
    (if (local.get 0) (then (local.set 930 (local.get 0))))
    (if (local.get 0) (then (local.set 931 (local.get 0))))
    (if (local.get 0) (then (local.set 932 (local.get 0))))
    (if (local.get 0) (then (local.set 933 (local.get 0))))
    (if (local.get 0) (then (local.set 934 (local.get 0))))
    (if (local.get 0) (then (local.set 935 (local.get 0))))
    (if (local.get 0) (then (local.set 936 (local.get 0))))
    (if (local.get 0) (then (local.set 937 (local.get 0))))
    (if (local.get 0) (then (local.set 938 (local.get 0))))
    (if (local.get 0) (then (local.set 939 (local.get 0))))
    (if (local.get 0) (then (local.set 940 (local.get 0))))
    (if (local.get 0) (then (local.set 941 (local.get 0))))
    (if (local.get 0) (then (local.set 942 (local.get 0))))
    (if (local.get 0) (then (local.set 943 (local.get 0))))
    (if (local.get 0) (then (local.set 944 (local.get 0))))
    (if (local.get 0) (then (local.set 945 (local.get 0))))
    (if (local.get 0) (then (local.set 946 (local.get 0))))
    (if (local.get 0) (then (local.set 947 (local.get 0))))
    (if (local.get 0) (then (local.set 948 (local.get 0))))
    (if (local.get 0) (then (local.set 949 (local.get 0))))
    (if (local.get 0) (then (local.set 950 (local.get 0))))
    (if (local.get 0) (then (local.set 951 (local.get 0))))
    (if (local.get 0) (then (local.set 952 (local.get 0))))
    (if (local.get 0) (then (local.set 953 (local.get 0))))
    (if (local.get 0) (then (local.set 954 (local.get 0))))
    (if (local.get 0) (then (local.set 955 (local.get 0))))
    (if (local.get 0) (then (local.set 956 (local.get 0))))
    (if (local.get 0) (then (local.set 957 (local.get 0))))
    (if (local.get 0) (then (local.set 958 (local.get 0))))
    (if (local.get 0) (then (local.set 959 (local.get 0))))
    (if (local.get 0) (then (local.set 960 (local.get 0))))
    (if (local.get 0) (then (local.set 961 (local.get 0))))
    (if (local.get 0) (then (local.set 962 (local.get 0))))
    (if (local.get 0) (then (local.set 963 (local.get 0))))
    (if (local.get 0) (then (local.set 964 (local.get 0))))
    (if (local.get 0) (then (local.set 965 (local.get 0))))
    (if (local.get 0) (then (local.set 966 (local.get 0))))
    (if (local.get 0) (then (local.set 967 (local.get 0))))
    (if (local.get 0) (then (local.set 968 (local.get 0))))
    (if (local.get 0) (then (local.set 969 (local.get 0))))
    (if (local.get 0) (then (local.set 970 (local.get 0))))
    (if (local.get 0) (then (local.set 971 (local.get 0))))
    (if (local.get 0) (then (local.set 972 (local.get 0))))
    (if (local.get 0) (then (local.set 973 (local.get 0))))
    (if (local.get 0) (then (local.set 974 (local.get 0))))
    (if (local.get 0) (then (local.set 975 (local.get 0))))
    (if (local.get 0) (then (local.set 976 (local.get 0))))
    (if (local.get 0) (then (local.set 977 (local.get 0))))
    (if (local.get 0) (then (local.set 978 (local.get 0))))
    (if (local.get 0) (then (local.set 979 (local.get 0))))
    (if (local.get 0) (then (local.set 980 (local.get 0))))
    (if (local.get 0) (then (local.set 981 (local.get 0))))
    (if (local.get 0) (then (local.set 982 (local.get 0))))
    (if (local.get 0) (then (local.set 983 (local.get 0))))
    (if (local.get 0) (then (local.set 984 (local.get 0))))
    (if (local.get 0) (then (local.set 985 (local.get 0))))
    (if (local.get 0) (then (local.set 986 (local.get 0))))
    (if (local.get 0) (then (local.set 987 (local.get 0))))
    (if (local.get 0) (then (local.set 988 (local.get 0))))
    (if (local.get 0) (then (local.set 989 (local.get 0))))
    (if (local.get 0) (then (local.set 990 (local.get 0))))
    (if (local.get 0) (then (local.set 991 (local.get 0))))
    (if (local.get 0) (then (local.set 992 (local.get 0))))
    (if (local.get 0) (then (local.set 993 (local.get 0))))
    (if (local.get 0) (then (local.set 994 (local.get 0))))
    (if (local.get 0) (then (local.set 995 (local.get 0))))
    (if (local.get 0) (then (local.set 996 (local.get 0))))
    (if (local.get 0) (then (local.set 997 (local.get 0))))
    (if (local.get 0) (then (local.set 998 (local.get 0))))
    (if (local.get 0) (then (local.set 999 (local.get 0))))
    (if (local.get 0) (then (local.set 1000 (local.get 0))))
    i32.const 0
    local.get 1 i32.add
    local.get 2 i32.add
    local.get 3 i32.add
    local.get 4 i32.add
    local.get 5 i32.add
    local.get 6 i32.add
    local.get 7 i32.add
    local.get 8 i32.add
    local.get 9 i32.add
    local.get 10 i32.add
    local.get 11 i32.add
    local.get 12 i32.add
    local.get 13 i32.add
    local.get 14 i32.add
    local.get 15 i32.add
    local.get 16 i32.add
    local.get 17 i32.add
    local.get 18 i32.add
    local.get 19 i32.add
    local.get 20 i32.add
    local.get 21 i32.add
    local.get 22 i32.add
    local.get 23 i32.add
    local.get 24 i32.add
    local.get 25 i32.add
    local.get 26 i32.add
    local.get 27 i32.add
    local.get 28 i32.add
    local.get 29 i32.add
    local.get 30 i32.add
    local.get 31 i32.add
    local.get 32 i32.add
    local.get 33 i32.add
    local.get 34 i32.add
    local.get 35 i32.add
    local.get 36 i32.add
    local.get 37 i32.add
    local.get 38 i32.add
    local.get 39 i32.add
    local.get 40 i32.add
    local.get 41 i32.add
    local.get 42 i32.add
    local.get 43 i32.add
    local.get 44 i32.add
    local.get 45 i32.add
    local.get 46 i32.add
    local.get 47 i32.add
    local.get 48 i32.add
    local.get 49 i32.add
    local.get 50 i32.add
    local.get 51 i32.add
    local.get 52 i32.add
    local.get 53 i32.add
    local.get 54 i32.add
    local.get 55 i32.add
    local.get 56 i32.add
    local.get 57 i32.add
    local.get 58 i32.add
    local.get 59 i32.add
    local.get 60 i32.add
    local.get 61 i32.add
    local.get 62 i32.add
    local.get 63 i32.add
    local.get 64 i32.add
    local.get 65 i32.add
    local.get 66 i32.add
    local.get 67 i32.add
    local.get 68 i32.add
    local.get 69 i32.add
    local.get 70 i32.add
    local.get 71 i32.add
    local.get 72 i32.add
    local.get 73 i32.add
    local.get 74 i32.add
    local.get 75 i32.add
    local.get 76 i32.add
    local.get 77 i32.add
    local.get 78 i32.add
    local.get 79 i32.add
    local.get 80 i32.add
    local.get 81 i32.add
    local.get 82 i32.add
    local.get 83 i32.add
    local.get 84 i32.add
    local.get 85 i32.add
    local.get 86 i32.add
    local.get 87 i32.add
    local.get 88 i32.add
    local.get 89 i32.add
    local.get 90 i32.add
    local.get 91 i32.add
    local.get 92 i32.add
    local.get 93 i32.add
    local.get 94 i32.add
    local.get 95 i32.add
    local.get 96 i32.add
    local.get 97 i32.add
    local.get 98 i32.add
    local.get 99 i32.add
    local.get 100 i32.add
    local.get 101 i32.add
    local.get 102 i32.add
    local.get 103 i32.add
    local.get 104 i32.add
    local.get 105 i32.add
    local.get 106 i32.add
    local.get 107 i32.add
    local.get 108 i32.add
    local.get 109 i32.add
    local.get 110 i32.add
    local.get 111 i32.add
    local.get 112 i32.add
    local.get 113 i32.add
    local.get 114 i32.add
    local.get 115 i32.add
    local.get 116 i32.add
    local.get 117 i32.add
    local.get 118 i32.add
    local.get 119 i32.add
    local.get 120 i32.add
    local.get 121 i32.add
    local.get 122 i32.add
    local.get 123 i32.add
    local.get 124 i32.add
    local.get 125 i32.add
    local.get 126 i32.add
    local.get 127 i32.add
    local.get 128 i32.add
    local.get 129 i32.add
    local.get 130 i32.add
    local.get 131 i32.add
    local.get 132 i32.add
    local.get 133 i32.add
    local.get 134 i32.add
    local.get 135 i32.add
    local.get 136 i32.add
    local.get 137 i32.add
    local.get 138 i32.add
    local.get 139 i32.add
    local.get 140 i32.add
    local.get 141 i32.add
    local.get 142 i32.add
    local.get 143 i32.add
    local.get 144 i32.add
    local.get 145 i32.add
    local.get 146 i32.add
    local.get 147 i32.add
    local.get 148 i32.add
    local.get 149 i32.add
    local.get 150 i32.add
    local.get 151 i32.add
    local.get 152 i32.add
    local.get 153 i32.add
    local.get 154 i32.add
    local.get 155 i32.add
    local.get 156 i32.add
    local.get 157 i32.add
    local.get 158 i32.add
    local.get 159 i32.add
    local.get 160 i32.add
    local.get 161 i32.add
    local.get 162 i32.add
    local.get 163 i32.add
    local.get 164 i32.add
    local.get 165 i32.add
    local.get 166 i32.add
    local.get 167 i32.add
    local.get 168 i32.add
    local.get 169 i32.add
    local.get 170 i32.add
    local.get 171 i32.add
    local.get 172 i32.add
    local.get 173 i32.add
    local.get 174 i32.add
    local.get 175 i32.add
    local.get 176 i32.add
    local.get 177 i32.add
    local.get 178 i32.add
    local.get 179 i32.add
    local.get 180 i32.add
    local.get 181 i32.add
    local.get 182 i32.add
    local.get 183 i32.add
    local.get 184 i32.add
    local.get 185 i32.add
    local.get 186 i32.add
    local.get 187 i32.add
    local.get 188 i32.add
    local.get 189 i32.add
    local.get 190 i32.add
    local.get 191 i32.add
    local.get 192 i32.add
    local.get 193 i32.add
    local.get 194 i32.add
    local.get 195 i32.add
    local.get 196 i32.add
    local.get 197 i32.add
    local.get 198 i32.add
    local.get 199 i32.add
    local.get 200 i32.add
    local.get 201 i32.add
    local.get 202 i32.add
    local.get 203 i32.add
    local.get 204 i32.add
    local.get 205 i32.add
    local.get 206 i32.add
    local.get 207 i32.add
    local.get 208 i32.add
    local.get 209 i32.add
    local.get 210 i32.add
    local.get 211 i32.add
    local.get 212 i32.add
    local.get 213 i32.add
    local.get 214 i32.add
    local.get 215 i32.add
    local.get 216 i32.add
    local.get 217 i32.add
    local.get 218 i32.add
    local.get 219 i32.add
    local.get 220 i32.add
    local.get 221 i32.add
    local.get 222 i32.add
    local.get 223 i32.add
    local.get 224 i32.add
    local.get 225 i32.add
    local.get 226 i32.add
    local.get 227 i32.add
    local.get 228 i32.add
    local.get 229 i32.add
    local.get 230 i32.add
    local.get 231 i32.add
    local.get 232 i32.add
    local.get 233 i32.add
    local.get 234 i32.add
    local.get 235 i32.add
    local.get 236 i32.add
    local.get 237 i32.add
    local.get 238 i32.add
    local.get 239 i32.add
    local.get 240 i32.add
    local.get 241 i32.add
    local.get 242 i32.add
    local.get 243 i32.add
    local.get 244 i32.add
    local.get 245 i32.add
    local.get 246 i32.add
    local.get 247 i32.add
    local.get 248 i32.add
    local.get 249 i32.add
    local.get 250 i32.add
    local.get 251 i32.add
    local.get 252 i32.add
    local.get 253 i32.add
    local.get 254 i32.add
    local.get 255 i32.add
    local.get 256 i32.add
    local.get 257 i32.add
    local.get 258 i32.add
    local.get 259 i32.add
    local.get 260 i32.add
    local.get 261 i32.add
    local.get 262 i32.add
    local.get 263 i32.add
    local.get 264 i32.add
    local.get 265 i32.add
    local.get 266 i32.add
    local.get 267 i32.add
    local.get 268 i32.add
    local.get 269 i32.add
    local.get 270 i32.add
    local.get 271 i32.add
    local.get 272 i32.add
    local.get 273 i32.add
    local.get 274 i32.add
    local.get 275 i32.add
    local.get 276 i32.add
    local.get 277 i32.add
    local.get 278 i32.add
    local.get 279 i32.add
    local.get 280 i32.add
    local.get 281 i32.add
    local.get 282 i32.add
    local.get 283 i32.add
    local.get 284 i32.add
    local.get 285 i32.add
    local.get 286 i32.add
    local.get 287 i32.add
    local.get 288 i32.add
    local.get 289 i32.add
    local.get 290 i32.add
    local.get 291 i32.add
    local.get 292 i32.add
    local.get 293 i32.add
    local.get 294 i32.add
    local.get 295 i32.add
    local.get 296 i32.add
    local.get 297 i32.add
    local.get 298 i32.add
    local.get 299 i32.add
    local.get 300 i32.add
    local.get 301 i32.add
    local.get 302 i32.add
    local.get 303 i32.add
    local.get 304 i32.add
    local.get 305 i32.add
    local.get 306 i32.add
    local.get 307 i32.add
    local.get 308 i32.add
    local.get 309 i32.add
    local.get 310 i32.add
    local.get 311 i32.add
    local.get 312 i32.add
    local.get 313 i32.add
    local.get 314 i32.add
    local.get 315 i32.add
    local.get 316 i32.add
    local.get 317 i32.add
    local.get 318 i32.add
    local.get 319 i32.add
    local.get 320 i32.add
    local.get 321 i32.add
    local.get 322 i32.add
    local.get 323 i32.add
    local.get 324 i32.add
    local.get 325 i32.add
    local.get 326 i32.add
    local.get 327 i32.add
    local.get 328 i32.add
    local.get 329 i32.add
    local.get 330 i32.add
    local.get 331 i32.add
    local.get 332 i32.add
    local.get 333 i32.add
    local.get 334 i32.add
    local.get 335 i32.add
    local.get 336 i32.add
    local.get 337 i32.add
    local.get 338 i32.add
    local.get 339 i32.add
    local.get 340 i32.add
    local.get 341 i32.add
    local.get 342 i32.add
    local.get 343 i32.add
    local.get 344 i32.add
    local.get 345 i32.add
    local.get 346 i32.add
    local.get 347 i32.add
    local.get 348 i32.add
    local.get 349 i32.add
    local.get 350 i32.add
    local.get 351 i32.add
    local.get 352 i32.add
    local.get 353 i32.add
    local.get 354 i32.add
    local.get 355 i32.add
    local.get 356 i32.add
    local.get 357 i32.add
    local.get 358 i32.add
    local.get 359 i32.add
    local.get 360 i32.add
    local.get 361 i32.add
    local.get 362 i32.add
    local.get 363 i32.add
    local.get 364 i32.add
    local.get 365 i32.add
    local.get 366 i32.add
    local.get 367 i32.add
    local.get 368 i32.add
    local.get 369 i32.add
    local.get 370 i32.add
    local.get 371 i32.add
    local.get 372 i32.add
    local.get 373 i32.add
    local.get 374 i32.add
    local.get 375 i32.add
    local.get 376 i32.add
    local.get 377 i32.add
    local.get 378 i32.add
    local.get 379 i32.add
    local.get 380 i32.add
    local.get 381 i32.add
    local.get 382 i32.add
    local.get 383 i32.add
    local.get 384 i32.add
    local.get 385 i32.add
    local.get 386 i32.add
    local.get 387 i32.add
    local.get 388 i32.add
    local.get 389 i32.add
    local.get 390 i32.add
    local.get 391 i32.add
    local.get 392 i32.add
    local.get 393 i32.add
    local.get 394 i32.add
    local.get 395 i32.add
    local.get 396 i32.add
    local.get 397 i32.add
    local.get 398 i32.add
    local.get 399 i32.add
    local.get 400 i32.add
    local.get 401 i32.add
    local.get 402 i32.add
    local.get 403 i32.add
    local.get 404 i32.add
    local.get 405 i32.add
    local.get 406 i32.add
    local.get 407 i32.add
    local.get 408 i32.add
    local.get 409 i32.add
    local.get 410 i32.add
    local.get 411 i32.add
    local.get 412 i32.add
    local.get 413 i32.add
    local.get 414 i32.add
    local.get 415 i32.add
    local.get 416 i32.add
    local.get 417 i32.add
    local.get 418 i32.add
    local.get 419 i32.add
    local.get 420 i32.add
    local.get 421 i32.add
    local.get 422 i32.add
    local.get 423 i32.add
    local.get 424 i32.add
    local.get 425 i32.add
    local.get 426 i32.add
    local.get 427 i32.add
    local.get 428 i32.add
    local.get 429 i32.add
    local.get 430 i32.add
    local.get 431 i32.add
    local.get 432 i32.add
    local.get 433 i32.add
    local.get 434 i32.add
    local.get 435 i32.add
    local.get 436 i32.add
    local.get 437 i32.add
    local.get 438 i32.add
    local.get 439 i32.add
    local.get 440 i32.add
    local.get 441 i32.add
    local.get 442 i32.add
    local.get 443 i32.add
    local.get 444 i32.add
    local.get 445 i32.add
    local.get 446 i32.add
    local.get 447 i32.add
    local.get 448 i32.add
    local.get 449 i32.add
    local.get 450 i32.add
    local.get 451 i32.add
    local.get 452 i32.add
    local.get 453 i32.add
    local.get 454 i32.add
    local.get 455 i32.add
    local.get 456 i32.add
    local.get 457 i32.add
    local.get 458 i32.add
    local.get 459 i32.add
    local.get 460 i32.add
    local.get 461 i32.add
    local.get 462 i32.add
    local.get 463 i32.add
    local.get 464 i32.add
    local.get 465 i32.add
    local.get 466 i32.add
    local.get 467 i32.add
    local.get 468 i32.add
    local.get 469 i32.add
    local.get 470 i32.add
    local.get 471 i32.add
    local.get 472 i32.add
    local.get 473 i32.add
    local.get 474 i32.add
    local.get 475 i32.add
    local.get 476 i32.add
    local.get 477 i32.add
    local.get 478 i32.add
    local.get 479 i32.add
    local.get 480 i32.add
    local.get 481 i32.add
    local.get 482 i32.add
    local.get 483 i32.add
    local.get 484 i32.add
    local.get 485 i32.add
    local.get 486 i32.add
    local.get 487 i32.add
    local.get 488 i32.add
    local.get 489 i32.add
    local.get 490 i32.add
    local.get 491 i32.add
    local.get 492 i32.add
    local.get 493 i32.add
    local.get 494 i32.add
    local.get 495 i32.add
    local.get 496 i32.add
    local.get 497 i32.add
    local.get 498 i32.add
    local.get 499 i32.add
    local.get 500 i32.add
    local.get 501 i32.add
    local.get 502 i32.add
    local.get 503 i32.add
    local.get 504 i32.add
    local.get 505 i32.add
    local.get 506 i32.add
    local.get 507 i32.add
    local.get 508 i32.add
    local.get 509 i32.add
    local.get 510 i32.add
    local.get 511 i32.add
    local.get 512 i32.add
    local.get 513 i32.add
    local.get 514 i32.add
    local.get 515 i32.add
    local.get 516 i32.add
    local.get 517 i32.add
    local.get 518 i32.add
    local.get 519 i32.add
    local.get 520 i32.add
    local.get 521 i32.add
    local.get 522 i32.add
    local.get 523 i32.add
    local.get 524 i32.add
    local.get 525 i32.add
    local.get 526 i32.add
    local.get 527 i32.add
    local.get 528 i32.add
    local.get 529 i32.add
    local.get 530 i32.add
    local.get 531 i32.add
    local.get 532 i32.add
    local.get 533 i32.add
    local.get 534 i32.add
    local.get 535 i32.add
    local.get 536 i32.add
    local.get 537 i32.add
    local.get 538 i32.add
    local.get 539 i32.add
    local.get 540 i32.add
    local.get 541 i32.add
    local.get 542 i32.add
    local.get 543 i32.add
    local.get 544 i32.add
    local.get 545 i32.add
    local.get 546 i32.add
    local.get 547 i32.add
    local.get 548 i32.add
    local.get 549 i32.add
    local.get 550 i32.add
    local.get 551 i32.add
    local.get 552 i32.add
    local.get 553 i32.add
    local.get 554 i32.add
    local.get 555 i32.add
    local.get 556 i32.add
    local.get 557 i32.add
    local.get 558 i32.add
    local.get 559 i32.add
    local.get 560 i32.add
    local.get 561 i32.add
    local.get 562 i32.add
    local.get 563 i32.add
    local.get 564 i32.add
    local.get 565 i32.add
    local.get 566 i32.add
    local.get 567 i32.add
    local.get 568 i32.add
    local.get 569 i32.add
    local.get 570 i32.add
    local.get 571 i32.add
    local.get 572 i32.add
    local.get 573 i32.add
    local.get 574 i32.add
    local.get 575 i32.add
    local.get 576 i32.add
    local.get 577 i32.add
    local.get 578 i32.add
    local.get 579 i32.add
    local.get 580 i32.add
    local.get 581 i32.add
    local.get 582 i32.add
    local.get 583 i32.add
    local.get 584 i32.add
    local.get 585 i32.add
    local.get 586 i32.add
    local.get 587 i32.add
    local.get 588 i32.add
    local.get 589 i32.add
    local.get 590 i32.add
    local.get 591 i32.add
    local.get 592 i32.add
    local.get 593 i32.add
    local.get 594 i32.add
    local.get 595 i32.add
    local.get 596 i32.add
    local.get 597 i32.add
    local.get 598 i32.add
    local.get 599 i32.add
    local.get 600 i32.add
    local.get 601 i32.add
    local.get 602 i32.add
    local.get 603 i32.add
    local.get 604 i32.add
    local.get 605 i32.add
    local.get 606 i32.add
    local.get 607 i32.add
    local.get 608 i32.add
    local.get 609 i32.add
    local.get 610 i32.add
    local.get 611 i32.add
    local.get 612 i32.add
    local.get 613 i32.add
    local.get 614 i32.add
    local.get 615 i32.add
    local.get 616 i32.add
    local.get 617 i32.add
    local.get 618 i32.add
    local.get 619 i32.add
    local.get 620 i32.add
    local.get 621 i32.add
    local.get 622 i32.add
    local.get 623 i32.add
    local.get 624 i32.add
    local.get 625 i32.add
    local.get 626 i32.add
    local.get 627 i32.add
    local.get 628 i32.add
    local.get 629 i32.add
    local.get 630 i32.add
    local.get 631 i32.add
    local.get 632 i32.add
    local.get 633 i32.add
    local.get 634 i32.add
    local.get 635 i32.add
    local.get 636 i32.add
    local.get 637 i32.add
    local.get 638 i32.add
    local.get 639 i32.add
    local.get 640 i32.add
    local.get 641 i32.add
    local.get 642 i32.add
    local.get 643 i32.add
    local.get 644 i32.add
    local.get 645 i32.add
    local.get 646 i32.add
    local.get 647 i32.add
    local.get 648 i32.add
    local.get 649 i32.add
    local.get 650 i32.add
    local.get 651 i32.add
    local.get 652 i32.add
    local.get 653 i32.add
    local.get 654 i32.add
    local.get 655 i32.add
    local.get 656 i32.add
    local.get 657 i32.add
    local.get 658 i32.add
    local.get 659 i32.add
    local.get 660 i32.add
    local.get 661 i32.add
    local.get 662 i32.add
    local.get 663 i32.add
    local.get 664 i32.add
    local.get 665 i32.add
    local.get 666 i32.add
    local.get 667 i32.add
    local.get 668 i32.add
    local.get 669 i32.add
    local.get 670 i32.add
    local.get 671 i32.add
    local.get 672 i32.add
    local.get 673 i32.add
    local.get 674 i32.add
    local.get 675 i32.add
    local.get 676 i32.add
    local.get 677 i32.add
    local.get 678 i32.add
    local.get 679 i32.add
    local.get 680 i32.add
    local.get 681 i32.add
    local.get 682 i32.add
    local.get 683 i32.add
    local.get 684 i32.add
    local.get 685 i32.add
    local.get 686 i32.add
    local.get 687 i32.add
    local.get 688 i32.add
    local.get 689 i32.add
    local.get 690 i32.add
    local.get 691 i32.add
    local.get 692 i32.add
    local.get 693 i32.add
    local.get 694 i32.add
    local.get 695 i32.add
    local.get 696 i32.add
    local.get 697 i32.add
    local.get 698 i32.add
    local.get 699 i32.add
    local.get 700 i32.add
    local.get 701 i32.add
    local.get 702 i32.add
    local.get 703 i32.add
    local.get 704 i32.add
    local.get 705 i32.add
    local.get 706 i32.add
    local.get 707 i32.add
    local.get 708 i32.add
    local.get 709 i32.add
    local.get 710 i32.add
    local.get 711 i32.add
    local.get 712 i32.add
    local.get 713 i32.add
    local.get 714 i32.add
    local.get 715 i32.add
    local.get 716 i32.add
    local.get 717 i32.add
    local.get 718 i32.add
    local.get 719 i32.add
    local.get 720 i32.add
    local.get 721 i32.add
    local.get 722 i32.add
    local.get 723 i32.add
    local.get 724 i32.add
    local.get 725 i32.add
    local.get 726 i32.add
    local.get 727 i32.add
    local.get 728 i32.add
    local.get 729 i32.add
    local.get 730 i32.add
    local.get 731 i32.add
    local.get 732 i32.add
    local.get 733 i32.add
    local.get 734 i32.add
    local.get 735 i32.add
    local.get 736 i32.add
    local.get 737 i32.add
    local.get 738 i32.add
    local.get 739 i32.add
    local.get 740 i32.add
    local.get 741 i32.add
    local.get 742 i32.add
    local.get 743 i32.add
    local.get 744 i32.add
    local.get 745 i32.add
    local.get 746 i32.add
    local.get 747 i32.add
    local.get 748 i32.add
    local.get 749 i32.add
    local.get 750 i32.add
    local.get 751 i32.add
    local.get 752 i32.add
    local.get 753 i32.add
    local.get 754 i32.add
    local.get 755 i32.add
    local.get 756 i32.add
    local.get 757 i32.add
    local.get 758 i32.add
    local.get 759 i32.add
    local.get 760 i32.add
    local.get 761 i32.add
    local.get 762 i32.add
    local.get 763 i32.add
    local.get 764 i32.add
    local.get 765 i32.add
    local.get 766 i32.add
    local.get 767 i32.add
    local.get 768 i32.add
    local.get 769 i32.add
    local.get 770 i32.add
    local.get 771 i32.add
    local.get 772 i32.add
    local.get 773 i32.add
    local.get 774 i32.add
    local.get 775 i32.add
    local.get 776 i32.add
    local.get 777 i32.add
    local.get 778 i32.add
    local.get 779 i32.add
    local.get 780 i32.add
    local.get 781 i32.add
    local.get 782 i32.add
    local.get 783 i32.add
    local.get 784 i32.add
    local.get 785 i32.add
    local.get 786 i32.add
    local.get 787 i32.add
    local.get 788 i32.add
    local.get 789 i32.add
    local.get 790 i32.add
    local.get 791 i32.add
    local.get 792 i32.add
    local.get 793 i32.add
    local.get 794 i32.add
    local.get 795 i32.add
    local.get 796 i32.add
    local.get 797 i32.add
    local.get 798 i32.add
    local.get 799 i32.add
    local.get 800 i32.add
    local.get 801 i32.add
    local.get 802 i32.add
    local.get 803 i32.add
    local.get 804 i32.add
    local.get 805 i32.add
    local.get 806 i32.add
    local.get 807 i32.add
    local.get 808 i32.add
    local.get 809 i32.add
    local.get 810 i32.add
    local.get 811 i32.add
    local.get 812 i32.add
    local.get 813 i32.add
    local.get 814 i32.add
    local.get 815 i32.add
    local.get 816 i32.add
    local.get 817 i32.add
    local.get 818 i32.add
    local.get 819 i32.add
    local.get 820 i32.add
    local.get 821 i32.add
    local.get 822 i32.add
    local.get 823 i32.add
    local.get 824 i32.add
    local.get 825 i32.add
    local.get 826 i32.add
    local.get 827 i32.add
    local.get 828 i32.add
    local.get 829 i32.add
    local.get 830 i32.add
    local.get 831 i32.add
    local.get 832 i32.add
    local.get 833 i32.add
    local.get 834 i32.add
    local.get 835 i32.add
    local.get 836 i32.add
    local.get 837 i32.add
    local.get 838 i32.add
    local.get 839 i32.add
    local.get 840 i32.add
    local.get 841 i32.add
    local.get 842 i32.add
    local.get 843 i32.add
    local.get 844 i32.add
    local.get 845 i32.add
    local.get 846 i32.add
    local.get 847 i32.add
    local.get 848 i32.add
    local.get 849 i32.add
    local.get 850 i32.add
    local.get 851 i32.add
    local.get 852 i32.add
    local.get 853 i32.add
    local.get 854 i32.add
    local.get 855 i32.add
    local.get 856 i32.add
    local.get 857 i32.add
    local.get 858 i32.add
    local.get 859 i32.add
    local.get 860 i32.add
    local.get 861 i32.add
    local.get 862 i32.add
    local.get 863 i32.add
    local.get 864 i32.add
    local.get 865 i32.add
    local.get 866 i32.add
    local.get 867 i32.add
    local.get 868 i32.add
    local.get 869 i32.add
    local.get 870 i32.add
    local.get 871 i32.add
    local.get 872 i32.add
    local.get 873 i32.add
    local.get 874 i32.add
    local.get 875 i32.add
    local.get 876 i32.add
    local.get 877 i32.add
    local.get 878 i32.add
    local.get 879 i32.add
    local.get 880 i32.add
    local.get 881 i32.add
    local.get 882 i32.add
    local.get 883 i32.add
    local.get 884 i32.add
    local.get 885 i32.add
    local.get 886 i32.add
    local.get 887 i32.add
    local.get 888 i32.add
    local.get 889 i32.add
    local.get 890 i32.add
    local.get 891 i32.add
    local.get 892 i32.add
    local.get 893 i32.add
    local.get 894 i32.add
    local.get 895 i32.add
    local.get 896 i32.add
    local.get 897 i32.add
    local.get 898 i32.add
    local.get 899 i32.add
    local.get 900 i32.add
    local.get 901 i32.add
    local.get 902 i32.add
    local.get 903 i32.add
    local.get 904 i32.add
    local.get 905 i32.add
    local.get 906 i32.add
    local.get 907 i32.add
    local.get 908 i32.add
    local.get 909 i32.add
    local.get 910 i32.add
    local.get 911 i32.add
    local.get 912 i32.add
    local.get 913 i32.add
    local.get 914 i32.add
    local.get 915 i32.add
    local.get 916 i32.add
    local.get 917 i32.add
    local.get 918 i32.add
    local.get 919 i32.add
    local.get 920 i32.add
    local.get 921 i32.add
    local.get 922 i32.add
    local.get 923 i32.add
    local.get 924 i32.add
    local.get 925 i32.add
    local.get 926 i32.add
    local.get 927 i32.add
    local.get 928 i32.add
    local.get 929 i32.add
    local.get 930 i32.add
    local.get 931 i32.add
    local.get 932 i32.add
    local.get 933 i32.add
    local.get 934 i32.add
    local.get 935 i32.add
    local.get 936 i32.add
    local.get 937 i32.add
    local.get 938 i32.add
    local.get 939 i32.add
    local.get 940 i32.add
    local.get 941 i32.add
    local.get 942 i32.add
    local.get 943 i32.add
    local.get 944 i32.add
    local.get 945 i32.add
    local.get 946 i32.add
    local.get 947 i32.add
    local.get 948 i32.add
    local.get 949 i32.add
    local.get 950 i32.add
    local.get 951 i32.add
    local.get 952 i32.add
    local.get 953 i32.add
    local.get 954 i32.add
    local.get 955 i32.add
    local.get 956 i32.add
    local.get 957 i32.add
    local.get 958 i32.add
    local.get 959 i32.add
    local.get 960 i32.add
    local.get 961 i32.add
    local.get 962 i32.add
    local.get 963 i32.add
    local.get 964 i32.add
    local.get 965 i32.add
    local.get 966 i32.add
    local.get 967 i32.add
    local.get 968 i32.add
    local.get 969 i32.add
    local.get 970 i32.add
    local.get 971 i32.add
    local.get 972 i32.add
    local.get 973 i32.add
    local.get 974 i32.add
    local.get 975 i32.add
    local.get 976 i32.add
    local.get 977 i32.add
    local.get 978 i32.add
    local.get 979 i32.add
    local.get 980 i32.add
    local.get 981 i32.add
    local.get 982 i32.add
    local.get 983 i32.add
    local.get 984 i32.add
    local.get 985 i32.add
    local.get 986 i32.add
    local.get 987 i32.add
    local.get 988 i32.add
    local.get 989 i32.add
    local.get 990 i32.add
    local.get 991 i32.add
    local.get 992 i32.add
    local.get 993 i32.add
    local.get 994 i32.add
    local.get 995 i32.add
    local.get 996 i32.add
    local.get 997 i32.add
    local.get 998 i32.add
    local.get 999 i32.add
    local.get 1000 i32.add
  ))
